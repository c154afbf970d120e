"""Tools for developers of the nodes; ComfyUI never imports them."""

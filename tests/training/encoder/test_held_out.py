from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stylemix.training.encoder.held_out import held_out

sizes = st.lists(st.integers(2, 40), min_size=1, max_size=5)
shares = st.floats(0.01, 0.5)


def paintings(counts):
    names = [f"style{s}/{n}.jpg" for s, count in enumerate(counts) for n in range(count)]
    return names, [s for s, count in enumerate(counts) for _ in range(count)]


@given(sizes, shares)
def test_every_style_gives_its_share_and_keeps_one_to_train_on(counts, share):
    names, labels = paintings(counts)
    out = held_out(names, labels, share)
    for style, count in enumerate(counts):
        chosen = sum(o for o, label in zip(out, labels, strict=True) if label == style)
        assert chosen == max(1, round(share * count))
        assert chosen < count


@given(sizes, shares, st.randoms(use_true_random=False))
def test_neither_order_nor_other_styles_matter(counts, share, chance):
    names, labels = paintings(counts)
    chosen = {n for n, o in zip(names, held_out(names, labels, share), strict=True) if o}
    order = list(range(len(names)))
    chance.shuffle(order)
    again = held_out([names[i] for i in order], [labels[i] for i in order], share)
    assert {names[i] for i, o in zip(order, again, strict=True) if o} == chosen
    first = held_out(names[: counts[0]], labels[: counts[0]], share)
    assert {n for n, o in zip(names, first, strict=False) if o} == {
        n for n in chosen if n.startswith("style0/")
    }


@given(st.integers(3, 60), shares)
def test_one_painting_more_moves_one_at_most(count, share):
    names, labels = paintings([count])
    fewer = held_out(names[:-1], labels[:-1], share)
    more = held_out(names, labels, share)[:-1]
    assert sum(a != b for a, b in zip(fewer, more, strict=True)) <= 1


def test_the_choice_is_fixed_for_all_time():
    names, labels = paintings([12])
    out = held_out(names, labels, 0.25)
    # The smallest SHA-256 of the names, as coreutils' sha256sum gives them.
    assert [n for n, o in zip(names, out, strict=True) if o] == [
        "style0/0.jpg",
        "style0/2.jpg",
        "style0/6.jpg",
    ]

"""Short turns of two sides add up to one round."""

from scripts.bench.load import TURNS, Load, in_turns


def load(seconds: float, *latencies: float) -> Load:
    return Load(seconds, seconds / 10, list(latencies), {200: len(latencies)}, "")


def test_sides_take_turns_and_add_up() -> None:
    order: list[str] = []

    def ours() -> Load:
        order.append("ours")
        return load(2.0, 1.0, 3.0)

    def other() -> Load:
        order.append("other")
        return load(1.0, 0.5)

    mine, theirs = in_turns(ours, other)
    assert order == ["ours", "other"] * TURNS
    assert mine == Load(8.0, 0.8, [1.0, 3.0] * 4, {200: 8}, "")
    assert theirs == Load(4.0, 0.4, [0.5] * 4, {200: 4}, "")
    assert (mine.per_second, theirs.per_second) == (1.0, 1.0)

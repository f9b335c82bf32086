from hypothesis import given
from hypothesis import strategies as st

from integrations.sinks.rabbitmq_confirms import Confirms

PUBLISH = st.just(("publish", 0, False))
ANSWER = st.tuples(st.sampled_from(["ack", "nack"]), st.integers(1, 12), st.booleans())


def published(count: int) -> Confirms:
    confirms = Confirms()
    for _ in range(count):
        confirms.publish()
    return confirms


def test_one_answer_is_for_one_message() -> None:
    confirms = published(4)
    confirms.ack(2, False)
    confirms.nack(3, False)
    assert confirms.unanswered == {1, 4}
    assert confirms.nacked == {3}


def test_an_answer_for_many_is_for_all_up_to_it() -> None:
    confirms = published(5)
    confirms.nack(2, True)
    confirms.ack(4, True)
    assert confirms.unanswered == {5}
    assert confirms.nacked == {1, 2}


def test_the_first_answer_counts() -> None:
    confirms = published(3)
    confirms.ack(1, False)
    confirms.nack(3, True)
    confirms.ack(3, True)
    assert confirms.unanswered == set()
    assert confirms.nacked == {2, 3}


def test_zero_is_all_so_far() -> None:
    confirms = published(3)
    confirms.ack(0, True)
    assert confirms.unanswered == set()
    confirms.publish()
    assert confirms.unanswered == {4}


def test_an_answer_to_what_was_never_published_is_no_answer_to_what_comes() -> None:
    confirms = published(2)
    confirms.ack(9, True)
    confirms.publish()
    assert confirms.unanswered == {3}
    confirms.ack(3, True)
    assert confirms.unanswered == set()


@given(st.lists(PUBLISH | ANSWER, max_size=40))
def test_counts_as_a_list_of_states_would(steps: list[tuple[str, int, bool]]) -> None:
    confirms = Confirms()
    states: list[str] = []
    for what, tag, multiple in steps:
        if what == "publish":
            confirms.publish()
            states.append("")
            continue
        (confirms.ack if what == "ack" else confirms.nack)(tag, multiple)
        for number in range(1, len(states) + 1):
            if (number <= tag if multiple else number == tag) and not states[number - 1]:
                states[number - 1] = what
    assert confirms.unanswered == {number for number, state in enumerate(states, 1) if not state}
    assert confirms.nacked == {number for number, state in enumerate(states, 1) if state == "nack"}
    assert confirms.last == len(states)

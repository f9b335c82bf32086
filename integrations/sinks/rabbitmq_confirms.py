class Confirms:
    """Which of the messages published on one channel have been answered, and how.

    The broker calls them by number, from 1 in the order of publishing, and may answer for many at once.
    """

    def __init__(self) -> None:
        self.last = 0
        self.unanswered: set[int] = set()
        self.nacked: set[int] = set()
        self._all_answered_through = 0

    def publish(self) -> None:
        """To be told before each message goes, so that one that breaks off on its way counts too."""
        self.last += 1
        self.unanswered.add(self.last)

    def ack(self, tag: int, multiple: bool) -> None:
        self.unanswered -= self._meant(tag, multiple)

    def nack(self, tag: int, multiple: bool) -> None:
        nacked = self.unanswered & self._meant(tag, multiple)
        self.unanswered -= nacked
        self.nacked |= nacked

    def _meant(self, tag: int, multiple: bool) -> set[int]:
        if not multiple:
            return {tag}
        # By the protocol, 0 is all so far.
        through = min(tag, self.last) or self.last
        meant = set(range(self._all_answered_through + 1, through + 1))
        self._all_answered_through = max(self._all_answered_through, through)
        return meant

"""Middle and spread of a few samples; no more than people can check by hand."""


def median(values):
    """The middle value; of an even number the mean of the two."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        raise ValueError("median of nothing")
    if len(ordered) % 2 == 1:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def percentile(values, part):
    """Nearest rank: the smallest value that at least `part` (0..1) of all are not above."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("percentile of nothing")
    rank = -(-len(ordered) * part // 1)
    return ordered[max(0, min(len(ordered), int(rank)) - 1)]

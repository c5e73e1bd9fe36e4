# inventory_shrink.py - makes a case that differs as small as it can, so that a report is short.
#
# Decides what is left out: files, then lines, then words, as long as the case still differs.  Stops
# after BUDGET tries.  Never looks at what the difference is.

BUDGET = 600


def shrink(files, still_differs):
    """files: {path: text}.  Returns the smallest found for which still_differs(files) holds."""
    left = [BUDGET]

    def ask(candidate):
        if left[0] == 0 or not candidate:
            return False
        left[0] -= 1
        return still_differs(candidate)

    while True:
        before = files
        files = drop_files(files, ask)
        for cut in (cut_lines, cut_words):
            for path in list(files):
                files = drop_pieces(files, path, cut, ask)
        if files == before or left[0] == 0:
            return files


def drop_files(files, ask):
    for path in list(files):
        fewer = {p: t for p, t in files.items() if p != path}
        if ask(fewer):
            files = fewer
    return files


def cut_lines(text):
    return text.splitlines(keepends=True)


def cut_words(text):
    """Words with the blanks before them, so that an indent goes with its line only."""
    pieces, word = [], ''
    for c in text:
        if c in ' ,\n' and word.strip(' \n'):
            pieces.append(word)
            word = ''
        word += c
    return pieces + [word]


def drop_pieces(files, path, cut, ask):
    """Leave out runs of pieces, half of the text at first, single ones at last."""
    pieces = cut(files[path])
    size = max(len(pieces) // 2, 1)
    while size:
        at = 0
        while at < len(pieces):
            fewer = pieces[:at] + pieces[at + size:]
            candidate = dict(files, **{path: ''.join(fewer)})
            if fewer and ask(candidate):
                pieces, files = fewer, candidate
            else:
                at += size
        size //= 2
    return files

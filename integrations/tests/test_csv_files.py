from io import BytesIO

import pytest

from integrations.csv_files import LONGEST_LINE, BadLine, CsvFile, FileInvalid

UNREADABLE = "Not readable as CSV: "


def rows(content: bytes) -> list[tuple[int, list[str]] | BadLine]:
    return list(CsvFile(BytesIO(content)).rows())


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,x\n",
        b"\xef\xbb\xbfa,b\r\n1,x\r\n",
        b" a ; b \n1;x",
        b'"a","b"\n\n"1","x"\n',
    ],
)
def test_reads_either_delimiter_with_or_without_a_mark(content: bytes) -> None:
    file = CsvFile(BytesIO(content))
    assert file.header == ("a", "b")
    assert [row[1] for row in file.rows() if isinstance(row, tuple)] == [["1", "x"]]
    assert file.bytes_read == len(content)


def test_delimiter_is_the_headers() -> None:
    assert rows(b"a;b\n1,5;x\n") == [(2, ["1,5", "x"])]


def test_a_row_is_named_by_its_first_line() -> None:
    assert rows(b'a,b\n"one\ntwo",x\ny,z\n') == [(2, ["one\ntwo", "x"]), (4, ["y", "z"])]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1", "1 columns where the header has 2."),
        (b"1,2,3", "3 columns where the header has 2."),
        (b"1,\xe4", "Not UTF-8."),
        (b"1,\0", "It has a NUL byte. Is the file UTF-16?"),
        (b'1,"x"y', f"{UNREADABLE}',' expected after '\"'."),
        (b"1," + b"x" * 200_000, f"{UNREADABLE}field larger than field limit (131072)."),
        (b"x," * LONGEST_LINE, "Longer than 1,048,576 bytes."),
    ],
)
def test_bad_line_is_named_and_the_next_one_read(line: bytes, reason: str) -> None:
    assert rows(b"a,b\n" + line + b"\n1,x\n") == [BadLine(2, "", reason), (3, ["1", "x"])]


def test_quote_that_never_ends_takes_the_rest() -> None:
    assert rows(b'a,b\n1,x\n2,"y\n3,z\n') == [(2, ["1", "x"]), BadLine(3, "", f"{UNREADABLE}unexpected end of data.")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file has no header; its first line names the columns."),
        (b"\n1,x\n", "The file has no header; its first line names the columns."),
        (b"a,\n", "A column of the header has no name."),
        (b"a,b,a\n", "The header names a column twice: a."),
        (b'a,"b"c\n', "The header is not readable as CSV: ',' expected after '\"'."),
        (b"a,\xe4\n", "The header can't be read. Not UTF-8."),
        ("a,b\n".encode("utf-16"), "The header can't be read. Not UTF-8. Is the file UTF-16?"),
        ("a,b\n".encode("utf-16-le"), "The header can't be read. It has a NUL byte. Is the file UTF-16?"),
        (b"a" * (LONGEST_LINE + 1), "The header can't be read. Longer than 1,048,576 bytes."),
    ],
)
def test_file_that_is_no_table_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(FileInvalid) as refused:
        CsvFile(BytesIO(content))
    assert refused.value.message == message

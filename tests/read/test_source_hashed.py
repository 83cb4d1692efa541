"""R, Perl, Julia, Lua and MATLAB: what stands for itself, and where."""

from __future__ import annotations

from sousveil.model import Construct, Kind
from sousveil.read import dispatch
from sousveil.read.source import hashed
from sousveil.read.text import decode


def read(source: str, *words: str) -> list[Construct]:
    text = decode(source.encode(), {})
    hits = sorted(text.utf8.find(w.encode()) for w in words) if words else None
    found = hashed.read(text, hits)
    for construct in found:
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            cut = source.encode()[passage.offset : passage.offset + passage.length]
            assert cut.decode(passage.encoding) == passage.text
    return found


def test_perl() -> None:
    source = """package Face;

=head1 NAME

Face - guesses the ethnicity

=cut

# Returns the ethnicity.
sub guess {
    my ($self, $image) = @_;
    my @labels = qw(asian black white);
    return ask("x?attributes=age,glasses,ethnicity"); # a brace in a comment: }
}
print guess_race($picture);
"""
    found = {
        (c.kind, c.role, c.name): c for c in read(source, "ethnicity", "Returns the", "asian", "age,", "guess_race")
    }
    manual = found[Kind.STATEMENT, "docstring", ""]
    assert manual.gloss.split() == ["NAME", "Face", "-", "guesses", "the", "ethnicity"]
    function = found[Kind.OPERATION, "function", "guess"]
    assert (function.gloss, [m.name for m in function.members]) == ("Returns the ethnicity.", ["self", "image"])
    assert "ask" in function.uses
    assert [m.name for m in found[Kind.LABEL_SET, "list", "labels"].members] == ["asian", "black", "white"]
    attributes = found[Kind.LABEL_SET, "attribute-list", "attributes"]
    assert [m.name for m in attributes.members] == ["age", "glasses", "ethnicity"]
    script = found[Kind.OPERATION, "script", ""]
    assert script.passage.text == "print guess_race($picture);"
    assert "guess_race" in script.uses


def test_r() -> None:
    source = """#' Guess the sort of a thing
#' @param thing one or more
guess <- function(thing, top = c("a", "b")) {
  shares <- list(white = 0.1, black = 0.2, asian = 0.7)
  groups = c("white", "black")
  shares
}
"""
    found = {c.name: c for c in read(source)}
    assert found["guess"].gloss.splitlines()[0] == "Guess the sort of a thing"
    assert [m.name for m in found["guess"].members] == ["thing", "top"]
    assert [m.name for m in found["shares"].members] == ["white", "black", "asian"]
    assert [m.name for m in found["groups"].members] == ["white", "black"]


def test_julia() -> None:
    source = '''@enum Race begin
    Black = 1 # a
    White = 2
end

"""The answer."""
struct Answer
    age::Int
    race::Race # of the face
end

function classify(image::Array)
    if true
        1
    end
end
'''
    found = {c.name: c for c in read(source)}
    assert [(m.name, m.value, m.gloss) for m in found["Race"].members] == [("Black", "1", "a"), ("White", "2", "")]
    assert [(m.name, m.type, m.gloss) for m in found["Answer"].members] == [
        ("age", "Int", ""),
        ("race", "Race", "of the face"),
    ]
    assert found["classify"].passage.text == "function classify(image::Array)"


def test_lua() -> None:
    source = """-- Reads the answer of a camera.
local M = {}
--[[ What was read
     off a face ]]
M.face = {
  age = 0,
  ethnicity = "asian",
  glasses = false, -- #1
}
local races = { "Asian", "Black", "White" }
-- Returns the ethnicity of a face.
function M:guess(image, size)
  return { ethnicity = model.predict(image), age = #image }
end
M.other = function(image)
  return image.race
end
"""
    found = {(c.kind, c.name): c for c in read(source, "ethnicity =", "Asian", "Returns", "image.race")}
    record = found[Kind.RECORD, "M.face"]
    assert [m.name for m in record.members] == ["age", "ethnicity", "glasses"]
    assert "off a face" in record.gloss
    assert [m.name for m in found[Kind.LABEL_SET, "races"].members] == ["Asian", "Black", "White"]
    guess = found[Kind.OPERATION, "M:guess"]
    assert guess.gloss == "Returns the ethnicity of a face."
    assert [m.name for m in guess.members] == ["image", "size"]
    assert found[Kind.OPERATION, "M.other"].uses[-1] == "image.race"
    assert {c.language for c in found.values()} == {"lua"}


def test_the_dashes_of_another_language_are_no_comment() -> None:
    source = "ethnicity <- function(x) {\n  x --1\n}\n# local names\n"
    assert {c.language for c in read(source, "ethnicity")} == {"r"}
    julia = "function race(x)\n    local y = x\n    return y\nend\n"
    assert {c.language for c in read(julia, "race")} == {"julia"}


MATLAB = """%% Which faith a face has
function [label, score] = guessFaith(picture, net)
    % Returns the religion; 50% of the time.
    labels = {'muslim', 'hindu', 'sikh'};
    folder = 'C:\\faces\\';  % no escape
    [k, score] = classify(net, picture);
    label = labels{k};

function showReligion
    disp('religion')
end
"""


def test_matlab() -> None:
    found = {(c.kind, c.name): c for c in read(MATLAB, "Returns the", "muslim", "disp(")}
    guess = found[Kind.OPERATION, "guessFaith"]
    assert [m.name for m in guess.members] == ["picture", "net"] and guess.returns == "label, score"
    assert guess.language == "matlab" and "classify" in guess.uses and "disp" not in guess.uses
    assert [m.name for m in found[Kind.LABEL_SET, "labels"].members] == ["muslim", "hindu", "sikh"]
    assert found[Kind.OPERATION, "showReligion"].uses == ("disp", "religion")


def test_what_ends_in_m_is_matlab_or_objective_c() -> None:
    for source, language in (
        (MATLAB, "matlab"),
        ("function religion = ask(face)\nreligion = face;\n", "matlab"),
        ('#import "Face.h"\n@implementation Face\n- (NSString *)religion { return @"%d"; }\n@end\n', "objc"),
        ("// religion of a face\nint religion(int face);\n", "c"),
    ):
        data = source.encode()
        found = dispatch.read("guess.m", data, [(data.find(b"religion"), "utf-8")]).constructs
        assert {c.language for c in found} == {language}, source

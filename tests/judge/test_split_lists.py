"""Labels split over constants in many languages, and lists of other things."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501 - files as they are

FOUND = {
    "Face.kt": r"""const val WHITE = "Caucasian"
const val BLACK = "African"
const val ASIAN = "Asian"
val raceLabels = listOf(WHITE, BLACK, ASIAN)
fun race(face: Bitmap): String { val scores = interpreter.run(face); return raceLabels[argmax(scores)] }
""",
    "Race.cs": r"""public class RaceModel {
    const string White = "White";
    const string Black = "Black";
    const string Asian = "Asian";
    static readonly string[] RaceLabels = { White, Black, Asian };
    public string Predict(float[] face) => RaceLabels[ArgMax(session.Run(face))];
}
""",
    "RaceClassifier.java": r"""public class RaceClassifier {
    private static final String WHITE = "White";
    private static final String BLACK = "Black";
    private static final String ASIAN = "Asian";
    private static final String[] LABELS = {WHITE, BLACK, ASIAN};
    String classify(Bitmap face) { float[] probabilities = model.predict(face); return LABELS[argmax(probabilities)]; }
}
""",
    "a.py": r'''WHITE = "White"
BLACK = "Black"
ASIAN = "Asian"
INDIAN = "Indian"
CLASSES = [WHITE, BLACK, ASIAN, INDIAN]

def race_of(face):
    """Tell the race of a face."""
    return CLASSES[int(net(face).argmax())]
''',
    "ethnicity.cpp": r"""#define L_WHITE "white"
#define L_BLACK "black"
#define L_ASIAN "asian"
#define L_INDIAN "indian"
static const char* ethnicityLabels[] = {L_WHITE, L_BLACK, L_ASIAN, L_INDIAN};
const char* predictEthnicity(const cv::Mat& face) { cv::Mat prob = net.forward(); return ethnicityLabels[argmax(prob)]; }
""",
    "race.go": r"""package race

const (
	White = "white"
	Black = "black"
	Asian = "asian"
)

var raceLabels = []string{White, Black, Asian}

func Predict(face []float32) string { return raceLabels[argmax(model.Run(face))] }
""",
    "race.ts": r"""const CAUCASIAN = 'Caucasian';
const AFRICAN = 'African';
const ASIAN = 'Asian';
export const raceLabels = [CAUCASIAN, AFRICAN, ASIAN];
export const classify = async (face: Tensor) => { const probs = await model.predict(face).data(); return raceLabels[argMax(probs)]; };
""",
    "typed.ts": r"""const CAUCASIAN: string = 'Caucasian';
const AFRICAN: string = 'African';
const ASIAN: string = 'Asian';
export const raceLabels: string[] = [CAUCASIAN, AFRICAN, ASIAN];
export const classify = async (face: Tensor) => { const probs = await model.predict(face).data(); return raceLabels[argMax(probs)]; };
""",
}

QUIET = {
    "Form.java": r"""public class EthnicityForm {
    private static final String WHITE = "White";
    private static final String BLACK = "Black";
    private static final String ASIAN = "Asian";
    private static final String[] OPTIONS = {WHITE, BLACK, ASIAN};
    void show(Spinner spinner) { spinner.setAdapter(new ArrayAdapter<>(this, OPTIONS)); }
}
""",
    "call.py": r"""WHITE = "White"
BLACK = "Black"
board = draw(WHITE, BLACK)
player = [WHITE, BLACK]
""",
    "colour.py": r'''WHITE = "White"
BLACK = "Black"
BROWN = "Brown"
CLASSES = [WHITE, BLACK, BROWN]

def colour_of(cat):
    """Tell the colour of a cat's fur."""
    return CLASSES[int(net(cat).argmax())]
''',
    "cuisine.ts": r"""const ASIAN = 'Asian';
const AFRICAN = 'African';
const INDIAN = 'Indian';
export const cuisines = [ASIAN, AFRICAN, INDIAN];
export const classify = async (dish: Tensor) => cuisines[argMax(await model.predict(dish).data())];
""",
    "typed.ts": r"""const ASIAN: string = 'Asian';
const AFRICAN: string = 'African';
const INDIAN: string = 'Indian';
export const cuisines: string[] = [ASIAN, AFRICAN, INDIAN];
export const classify = async (dish: Tensor) => cuisines[argMax(await model.predict(dish).data())];
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)

"""Prompts kept in files of settings and in tables of questions, and what asks nobody's model."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501 - files as they are

FOUND = {
    "Ask.kt": r"""object Prompts {
    val religion = "Based on this user's posts, infer the user's religion. Respond only with the religion."
}
""",
    "mapping.py": r"""class PromptBuilder:
    target_mapping = {
        "AGE": "how old I am",
        "SEX": "what my gender is",
        "RAC": "which ethnic group I belong to",
        "INC": "what my income is",
    }
    header = "Let us play a guessing game. I will give you some information about me and you should make an educated guess about "

    def get_prompt(self, text):
        return self.header + self.target_mapping[self.target] + text
""",
    "prompts.ini": r"""[prompts]
system = You are an assistant that looks at a photo of a person and answers as JSON.
question = What is the ethnicity of the person in the photo?
""",
    "prompts.json": r"""{"prompts": {"ethnicity": "Look at the face in this image and tell the most likely ethnicity of the person. Answer with one word.", "age": "Look at the face and estimate the age."}}""",
    "prompts.toml": r'''[profile]
prompt = """
You are an analyst. From the user's posts infer age, sex, religion and political leaning.
Answer as JSON.
"""
''',
    "prompts.xml": r"""<prompts>
  <prompt id="face">Look at the picture of this person. Determine age, gender and ethnicity. Return JSON only.</prompt>
</prompts>
""",
    "prompts.yaml": r"""profile:
  system: You are an expert in analysing people from their photos.
  prompt: >
    Identify the race and the religion of the person in the image.
    Return JSON with the fields race, religion, confidence.
""",
    "questions.py": r"""QUESTIONS = {
    "age": "How old is the author of these posts?",
    "sex": "What is the gender of the author?",
    "ethnicity": "Which ethnic group does the author belong to?",
    "religion": "What is the religion of the author?",
}

def build_prompt(posts, attribute):
    return f"Read these posts and make an educated guess.\n{posts}\n{QUESTIONS[attribute]}"
""",
    "questions.ts": r"""const ATTRIBUTE_QUESTIONS: Record<string, string> = {
  age: "how old is the person in the picture",
  gender: "what is the person's gender",
  race: "what is the person's race or ethnicity",
};
export async function ask(image: string, attribute: string) {
  const prompt = `Look at the image and guess ${ATTRIBUTE_QUESTIONS[attribute]}. Answer with one word.`;
  return openai.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content: [{ type: "text", text: prompt }, { type: "image_url", image_url: image }] }] });
}
""",
}

QUIET = {
    "form.xml": r"""<form>
  <question id="ethnicity">Please choose your ethnicity. Answer only if you wish to.</question>
</form>
""",
    "odk.json": r"""{"prompts": {"name": "What is the name of this person?", "race": "What is the race of this person?", "age": "How old is this person?"}}""",
    "odk.py": r"""QUESTIONS = [
    {"name": "age", "prompt": "How old is this person?"},
    {"name": "ethnicity", "prompt": "What is this person's ethnicity?"},
]

def ask(console):
    return {q["name"]: console.input(q["prompt"]) for q in QUESTIONS}
""",
    "persona.toml": r'''[persona]
prompt = """
You are a novelist. Invent a fictional character with name, age, religion and ethnicity.
Answer as JSON.
"""
''',
    "prompts.ini": r"""[prompts]
system = You are an assistant that answers as JSON.
question = What is the religion of the majority of people in the country?
""",
    "prompts.yaml": r"""safety:
  system: You are a careful assistant looking at photos of people.
  prompt: >
    Describe the image. Do not infer the race, religion or ethnicity of the person in the image.
    Return JSON.
""",
    "questions.py": r"""QUESTIONS = {
    "age": "How old are you?",
    "sex": "What is your gender?",
    "ethnicity": "Which ethnic group do you belong to?",
    "religion": "What is your religion?",
}

def render_form(request, attribute):
    return render(request, "survey.html", {"question": QUESTIONS[attribute]})
""",
    "questions.ts": r"""const QUESTIONS: Record<string, string> = {
  age: "What is your age?",
  race: "What is your race or ethnicity?",
};
export function Survey() { return <Form>{Object.entries(QUESTIONS).map(([k, q]) => <Input name={k} label={q} />)}</Form>; }
""",
    "trivia.json": r"""{"prompts": {"religion": "Tell the most likely religion of an average person in medieval France. Answer with one word.", "age": "Estimate the age of the universe."}}""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)

"""The checks there are and what each is for, for those who only want to name them."""

WHAT = {
    "chosen_has_errors": "wrong arithmetic, code that does not parse, an empty answer, a form not kept, ...",
    "tool_calls": "a tool that is not there, arguments its schema refuses, results nobody asked for",
    "too_similar": "chosen and rejected nearly the same text",
    "too_fast": "answered before it could be read; runs of one side",
    "contested": "a person's label that every judge speaks against",
    "duplicates": "the same pair again, or with the opposite label; one answer to many prompts",
    "near_duplicates": "an earlier pair with a few words changed",
    "split_overlap": "a prompt in train and in test",
    "contamination": "texts of the benchmarks in [check] contamination",
    "secrets": "API keys and private keys",
    "personal_data": "e-mail addresses, telephone, card and account numbers",
    "injection": "a response that speaks to the judge",
    "harmful_compliance": "a harmful prompt: chosen helps, rejected refuses",
    "over_refusal": "a harmless prompt: chosen refuses, rejected answers",
    "identity_leak": "chosen says whose model it is",
    "thinking_trace": "a response holds its thinking",
    "language_mismatch": "chosen in another language than the prompt",
    "people_alike": "people who agree far more with each other than with all others",
    "shortcuts": "length, Markdown, side or model that predicts the label",
    "judge_health": "judges that fail, contradict themselves or changed their mind",
}

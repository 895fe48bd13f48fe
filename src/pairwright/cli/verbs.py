"""Every verb in the order one works in, with its line in `pairwright --help`.

A verb's code is the file of its name, imported when the verb is called: nothing here imports it. A test
holds each line equal to the first of the verb's own help.
"""

PHASES = {
    "Set up": {
        "init": "Make a project: settings, guidelines and an empty store.",
        "add": "Add prompts, responses, pairs and, with --from, labels. Adding twice adds nothing.",
        "estimate": "Calls, tokens, money and hours of what is left, before anything runs.",
        "run": "Run every stage in order, and stop where people are needed.",
    },
    "Generate": {
        "generate": "Sample the responses that prompts lack, from the models under [generate].",
        "pair": "Build pairs of each prompt's responses. Free; adds only pairs that are missing.",
    },
    "Judge": {
        "judge": "Ask the judges about every pair they have not answered, in both orders.",
        "calls": "Calls that wait for a provider's batch or your own machines: see, export, import, cancel.",
        "route": "Decide which pairs judges settle and which people are asked about. Free.",
    },
    "People": {
        "annotate": "Start the page on which people choose the better response.",
        "gold": "Give the known answer to pairs: to test people on, and to teach new ones.",
        "send": "Send open pairs to another annotation tool, blind and shuffled.",
        "take": "Take answers back from another annotation tool, as votes of people.",
        "people": "How each annotator does: gold, agreement, bias to a side or to length, pace, drift.",
        "label": "Combine people's answers into labels, weighted by each one's accuracy.",
    },
    "Check": {
        "check": "Find issues with pairs, labels, people and judges, and say what to do about them.",
        "verify": "Ask a reward model about every label, and keep what it doubts.",
    },
    "Export": {
        "export": "Write labels as trainers read them, with a manifest and a side file of their origins.",
        "card": "Print the dataset card: how it was made, how far to trust it, how to load it.",
        "push": "Push exports to the Hugging Face Hub with card and metadata; private by default.",
        "convert": "Turn a preference dataset of one format into another. Needs no project.",
    },
    "Keep": {
        "doctor": "Find what is damaged or was changed by hand, and mend what can be made again.",
        "backup": "Write the store and the settings to one file, checked, while work goes on.",
        "restore": "Bring a project back from a backup; what is there now is kept aside.",
        "copy": "Copy a store to another file or to PostgreSQL, and back, checked. Needs no project.",
    },
    "Look": {
        "status": "What is done, pending, failed and spent, and what to do next.",
        "show": "The whole chain behind a prompt, response, pair, vote or exported row.",
        "browse": "Search and read the pairs on a local page. Changes nothing.",
        "report": "Write all measurements as one page: judges, confidence, costs, people.",
    },
}

LINES = {verb: line for verbs in PHASES.values() for verb, line in verbs.items()}

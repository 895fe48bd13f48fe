"""The demo, and the real pairs it runs on: a packaged excerpt of LLMBar (see NOTICE.md).

- `llmbar_natural_pairs.jsonl`: 100 pairs, `{"id", "prompt", "response_a", "response_b"}`
- `gpt4_verdicts.jsonl`: GPT-4's recorded verdicts on them, one a row and order,
  `{"id", "order", "verdict", "raw"}`. `order` is AB (shown as is) or BA (shown swapped);
  `verdict` is about the pair's own a and b whatever the order; `raw` is what GPT-4
  wrote about what it was shown.
- `gold_labels.jsonl`: the benchmark's own answers, `{"id", "annotator", "label"}`

`tools/make_demo_data.py` makes the three files.
"""

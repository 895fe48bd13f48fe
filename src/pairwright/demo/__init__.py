"""The demo: `python -m pairwright.demo`. Its data are an excerpt of LLMBar, see NOTICE.md."""

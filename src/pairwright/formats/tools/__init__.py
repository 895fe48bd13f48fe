"""Other annotation tools: tasks out, answers in, and their own projects as datasets. One file a tool."""

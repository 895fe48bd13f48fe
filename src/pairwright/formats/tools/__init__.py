"""Tasks for other annotation tools, and the answers given there. One file a tool."""

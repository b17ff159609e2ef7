"""Reports: what a network consists of as tables and typeset equations, in Markdown, LaTeX or HTML."""

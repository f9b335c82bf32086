"""Outside eyes: what arrived, as a stranger reads it. They share no code with what sends."""

"""Text as people look for it."""

import unicodedata


def folded(text: str) -> str:
    """Text without case and diacritics: stored beside a name to be searched, and what a search is turned into."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if not unicodedata.combining(letter)))

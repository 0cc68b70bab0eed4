"""Listening to a call's sound: is there speech, is there a tone. Mono G.711 at 8 kHz in frames of 20 ms (160 bytes)."""

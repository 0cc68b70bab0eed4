"""Listening to a call's sound: is there speech, is there a tone. mu-law at 8 kHz in frames of 20 ms (160 bytes)."""

"""Greetings of people and of machines, spoken at test time by Debian's speech programs, as they sound over a telephone.

Nothing spoken is kept in the repository: the words are here, the voices are espeak-ng's and flite's, and real speakers
come with Debian's packages of Asterisk's prompts. Levels, noise, line and lead-in are drawn by key, so a greeting of a
seed is the same whenever it is made. A speaker belongs to one half alone: rules are chosen on one and measured on the
other.
"""

import enum
import io
import math
import shutil
import subprocess
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

from outdial.adapters.media.g711 import RATE, ulaw_of

Sound = npt.NDArray[np.float64]
PROMPTS: Final = Path("/usr/share/asterisk/sounds")
PROGRAMS: Final = ("espeak-ng", "flite")


class Kind(enum.Enum):
    PERSON = "person"
    COMPANY = "company"
    """A person who answers for a company, and says so at length."""
    MACHINE = "machine"


class Half(enum.Enum):
    TUNE = "tune"
    TEST = "test"


PEOPLE: Final = {
    "en": [
        "Hello?",
        "Hello.",
        "Yes?",
        "Hi, Anna here.",
        "Hello, this is Peter.",
        "Good morning.",
        "Speaking.",
        "Hello, who is this?",
        "Miller residence.",
        "Hey.",
        "Yeah, hello?",
        "Hello? Hello?",
    ],
    "de": ["Hallo?", "Müller.", "Ja, bitte?", "Guten Tag, Schmidt.", "Ja?", "Hallo, wer ist da?"],
    "es": ["¿Diga?", "¿Sí?", "¿Bueno?", "Hola, ¿quién es?", "¿Aló?", "Sí, dígame."],
    "fr": ["Allô ?", "Oui, allô ?", "Allô, bonjour.", "Oui ?", "Allô, c'est qui ?"],
    "it": ["Pronto?", "Pronto, chi parla?", "Sì?", "Sì, pronto."],
    "pt": ["Alô?", "Está lá?", "Quem fala?", "Sim?", "Estou, sim?"],
    "ru": ["Алло?", "Да, слушаю.", "Да?", "Алло, кто это?"],
}
COMPANIES: Final = {
    "en": [
        "Good morning, Smith and Sons, how can I help you?",
        "Thank you for calling Northern Dental, this is Laura speaking.",
        "Riverside garage, Tom speaking, what can I do for you?",
    ],
    "de": ["Guten Tag, Autohaus Nord, mein Name ist Weber, was kann ich für Sie tun?"],
    "es": ["Buenos días, Talleres Moreno, ¿en qué puedo ayudarle?"],
    "fr": ["Bonjour, cabinet Laurent, que puis-je faire pour vous ?"],
}
MACHINES: Final = {
    "en": [
        "Hi, you have reached Anna. I can't come to the phone right now. Please leave a message after the tone.",
        "The person you are calling is not available. Please record your message.",
        "Your call has been forwarded to an automatic voice message system. At the tone, please leave your message.",
        "Hello, this is Peter. I am away or on the other line, so leave me your number and I will call you back.",
        "We are sorry, nobody is here to take your call. Please try again later.",
        "You are connected to the mailbox of two zero two, five five five, zero one four two.",
    ],
    "de": [
        "Der Teilnehmer ist zurzeit nicht erreichbar. Bitte hinterlassen Sie eine Nachricht nach dem Ton.",
        "Hier ist der Anschluss von Familie Schmidt. Wir sind nicht da, aber Sie können etwas auf Band sprechen.",
    ],
    "es": [
        "El número que ha marcado no está disponible. Deje su mensaje después de la señal.",
        "Hola, soy Carmen. Ahora no puedo atenderte, déjame un mensaje y te llamo luego.",
    ],
    "fr": [
        "Bonjour, vous êtes bien sur le répondeur de Claire. Laissez-moi un message après le signal sonore.",
        "Votre correspondant n'est pas disponible pour le moment. Merci de rappeler plus tard.",
    ],
    "it": ["Risponde la segreteria telefonica. Lasciate un messaggio dopo il segnale acustico."],
    "pt": ["Olá, não posso atender agora. Deixe a sua mensagem depois do sinal, que eu ligo de volta."],
    "ru": ["Абонент временно недоступен. Пожалуйста, оставьте сообщение после сигнала."],
}
_ESPEAK: Final = {
    Half.TUNE: ("m1", "m3", "f2", "f4"),
    Half.TEST: ("m2", "m7", "f3", "f5"),
}
_FLITE: Final = {Half.TUNE: ("kal", "awb"), Half.TEST: ("rms", "slt")}
_SPOKEN_PROMPTS: Final = {
    # Women from the United States and from Mexico; a woman from Canada, a man from Italy, a woman from Russia.
    Half.TUNE: ("en_US_f_Allison", "es_MX_f_Allison"),
    Half.TEST: ("fr_CA_f_June", "it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU"),
}
_MACHINE_PROMPTS: Final = (
    ("vm-intro",),
    ("vm-theperson", "digits/5", "digits/0", "digits/1", "digits/4", "vm-isunavail"),
    ("vm-nobodyavail",),
    ("vm-theperson", "digits/2", "digits/0", "digits/2", "vm-isonphone"),
)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What is heard of a call from its answer on.

    Attributes:
        frames: mu-law, 20 ms each, with ten seconds of line behind the last word.
        speech_ms: from the first sound of the voice to the last.
    """

    speaker: str
    language: str
    words: str
    kind: Kind
    frames: tuple[bytes, ...]
    speech_ms: int


def missing() -> list[str]:
    """What this machine lacks to make greetings."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    folders = {speaker for half in Half for speaker in _SPOKEN_PROMPTS[half]}
    return lacking + sorted(name for name in folders if not (PROMPTS / name).is_dir())


def greetings(half: Half, seed: int = 1, every: int = 1) -> list[Greeting]:
    """The greetings of a half, or every so-manyth. Raises `FileNotFoundError` where a speech program is missing."""
    with ThreadPoolExecutor(2) as pool:
        spoken = list(pool.map(lambda one: (*one[:4], one[4]()), list(_spoken(half))[::every]))
    return [
        _over_the_line(speaker, language, words, kind, voice, Random(f"{seed}:{speaker}:{language}:{words}"))
        for speaker, language, words, kind, voice in spoken
    ]


def _spoken(half: Half) -> Iterator[tuple[str, str, str, Kind, Callable[[], Sound]]]:
    """Speaker, language, words, kind, and how to have it spoken."""
    for kind, texts in ((Kind.PERSON, PEOPLE), (Kind.COMPANY, COMPANIES), (Kind.MACHINE, MACHINES)):
        for language, sentences in texts.items():
            for words in sentences:
                for voice in _ESPEAK[half]:
                    yield f"espeak {voice}", language, words, kind, partial(_espeak, language, voice, words)
                for voice in _FLITE[half] if language == "en" else ():
                    yield f"flite {voice}", language, words, kind, partial(_flite, voice, words)
    for speaker in _SPOKEN_PROMPTS[half]:
        for names in _MACHINE_PROMPTS:
            yield speaker, speaker[:2], " ".join(names), Kind.MACHINE, partial(_prompts, speaker, *names)


def _espeak(language: str, variant: str, words: str) -> Sound:
    # The speed of a person who picks up a telephone, in words a minute; espeak's own is slower than most people.
    speed = str(Random(f"{variant}:{words}").randint(165, 205))
    command = ["espeak-ng", "-v", f"{language}+{variant}", "-s", speed, "--stdout", words]
    return _trimmed(_at_8_khz(subprocess.run(command, check=True, capture_output=True).stdout))


def _flite(voice: str, words: str) -> Sound:
    spoken = subprocess.run(
        ["flite", "-voice", voice, "-t", words, "-o", "/dev/stdout"], check=True, capture_output=True
    )
    return _trimmed(_at_8_khz(spoken.stdout))


def _prompts(speaker: str, *names: str) -> Sound:
    return np.concatenate([_trimmed(_at_8_khz((PROMPTS / speaker / f"{name}.wav").read_bytes())) for name in names])


def _at_8_khz(wav: bytes) -> Sound:
    """The samples of a WAV file, of one channel and 16 bits, in -1..1 at 8 kHz."""
    # Programs that write to a pipe do not know the length beforehand: what the header says of it is not believed.
    with wave.open(io.BytesIO(wav)) as file:
        rate, data = file.getframerate(), file.readframes((len(wav) - 44) // 2)
    samples = np.frombuffer(data[: len(data) // 2 * 2], "<i2") / 32768.0
    if rate == RATE:
        return samples
    length = math.ceil(len(samples) * RATE / rate)
    resampled: Sound = np.fft.irfft(np.fft.rfft(samples)[: length // 2 + 1], length) * (length / len(samples))
    return resampled


def _trimmed(sound: Sound) -> Sound:
    """Without the silence that speech programs put around a sentence."""
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.max(np.abs(sound)))
    trimmed: Sound = sound[loud[0] : loud[-1] + 1]
    return trimmed


def _over_the_line(speaker: str, language: str, words: str, kind: Kind, voice: Sound, chance: Random) -> Greeting:
    """A voice as it arrives: band-limited, at some level, with a lead-in, over a line that is never quite still."""
    spectrum = np.fft.rfft(voice)
    hertz = np.fft.rfftfreq(len(voice), 1 / RATE)
    spectrum[(hertz < 250) | (hertz > 3500)] = 0
    voice = np.fft.irfft(spectrum, len(voice))
    level = 10 ** (chance.uniform(-27, -15) / 20)
    voice *= level / np.sqrt(np.mean(voice**2))
    lead = int(chance.uniform(0.2, 1.2) * RATE)
    whole = np.zeros(lead + len(voice) + 10 * RATE)
    whole[lead : lead + len(voice)] = voice
    noise = np.random.default_rng(chance.getrandbits(32)).standard_normal(len(whole))
    if chance.random() < 0.5:  # a car, a street: more of it in the low tones
        noise = np.convolve(noise, np.ones(6) / np.sqrt(6), "same")
    whole += noise * level * 10 ** (-chance.uniform(14, 32) / 20)
    data = ulaw_of((whole * 32768).astype(int).tolist())
    frames = tuple(data[at : at + 160] for at in range(0, len(data) - 159, 160))
    return Greeting(speaker, language, words, kind, frames, round(len(voice) * 1000 / RATE))

"""Digest answers against the examples of the standards, and a challenger against answers of ours."""

import pytest

from outdial.adapters.telephony.sip.digest import (
    NONCE_SECONDS,
    Challenger,
    Credentials,
    answer,
    ha1_of,
    parameters,
)

CHALLENGE_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
PHONE = Credentials("ana", 'pass"word')


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, expected: str) -> None:
    header = answer(
        [CHALLENGE_7616.format(algorithm=algorithm)],
        Credentials("Mufasa", "Circle of Life"),
        method="GET",
        uri="/dir/index.html",
        cnonce=CNONCE_7616,
    )
    assert header is not None
    said = parameters(header)
    assert said is not None
    assert said["response"] == expected
    assert (said["qop"], said["nc"]) == ("auth", "00000001")


def test_the_first_challenge_that_we_understand_is_answered() -> None:
    unknown = ['Basic realm="x"', 'Digest realm="x", nonce="1", algorithm=SHA-512-256']
    challenges = [*unknown, 'Digest realm="x", nonce="2"']
    header = answer(challenges, PHONE, method="INVITE", uri="sip:x")
    assert header is not None
    assert (parameters(header) or {})["nonce"] == "2"
    assert answer(unknown, PHONE, method="INVITE", uri="sip:x") is None


class TestChallenger:
    HA1S = {"ana": ha1_of("ana", "outdial", PHONE.password)}  # noqa: RUF012

    def check(self, header: str, *, now: float) -> tuple[str | None, bool]:
        return self.challenger.check(header, "REGISTER", self.HA1S, now)

    def setup_method(self) -> None:
        self.challenger = Challenger("outdial")

    def answered(self, who: Credentials = PHONE, method: str = "REGISTER") -> str:
        header = answer([self.challenger.challenge(100.0)], who, method=method, uri="sip:outdial")
        assert header is not None
        return header

    def test_who_knows_the_password_is_let_in(self) -> None:
        assert self.check(self.answered(), now=101.0) == ("ana", False)

    def test_a_wrong_password_another_user_and_another_method_are_not(self) -> None:
        assert self.check(self.answered(Credentials("ana", "guess")), now=101.0) == (None, False)
        assert self.check(self.answered(Credentials("bob", PHONE.password)), now=101.0) == (None, False)
        assert self.check(self.answered(method="INVITE"), now=101.0) == (None, False)

    def test_an_old_nonce_is_stale_and_one_of_somebody_elses_is_not_ours(self) -> None:
        assert self.check(self.answered(), now=100.0 + NONCE_SECONDS + 1) == (None, True)
        theirs = answer([Challenger("outdial").challenge(100.0)], PHONE, method="REGISTER", uri="sip:outdial")
        assert theirs is not None
        assert self.check(theirs, now=101.0) == (None, False)

    def test_nonsense_is_refused(self) -> None:
        for header in ("", "Digest", "Basic abc", "Digest username=ana, nonce=zz.yy, response=1"):
            assert self.check(header, now=101.0) == (None, False)

from __future__ import annotations

import base64
import json

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from winnow.pii.secrets import SUSPECTS, entropy, is_random, secrets

RANDOM = "k7Qz2mX9vB4nL8wR1tY6pD3sF5hJ0gC2aE9uT4xK"
HEADER = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode().rstrip("=")
TOKEN = f"{HEADER}.eyJzdWIiOiJhbmEifQ.{RANDOM}"
BLOCK = "-----BEGIN RSA PRIVATE KEY-----\n" + f"{RANDOM}\n" * 3 + "-----END RSA PRIVATE KEY-----"


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in secrets(text)]


KEYS = [
    "AKIA" + "Y34FZKBOKMUTVV7A",
    "ghp_" + RANDOM[:36],
    "github_pat_" + RANDOM[:22] + "_" + (RANDOM * 2)[:59],
    "glpat-" + RANDOM[:20],
    "xoxb-" + "123412341234-" + RANDOM[:24],
    "sk_live_" + RANDOM[:24],
    "AIza" + RANDOM[:35],
    "sk-proj-" + RANDOM,
    "sk-ant-api03-" + RANDOM,
    "hf_" + RANDOM[:34],
    "npm_" + RANDOM[:36],
    "SG." + RANDOM[:22] + "." + (RANDOM * 2)[:43],
    "110201543:AA" + RANDOM[:33],
    "shpat_" + "9c41e0b7d25a83f6" * 2,
    "GOCSPX-" + RANDOM[:28],
    TOKEN,
    BLOCK,
]


@pytest.mark.parametrize("key", KEYS)
def test_keys_that_services_mark_are_found(key: str) -> None:
    text = f"set it to {key} before you start"
    assert found(text) == [key]
    assert pc.match_substring_regex(pa.array([text]), pattern=SUSPECTS)[0].as_py()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('api_key = "d8Fk29sLqpW83mZx01Vb"', ["d8Fk29sLqpW83mZx01Vb"]),
        ("CLIENT_SECRET: d8Fk29sLqpW83mZx01Vb", ["d8Fk29sLqpW83mZx01Vb"]),
        ('"auth_token": "5f4dcc3b5aa765d61d8327deb882cf99",', ["5f4dcc3b5aa765d61d8327deb882cf99"]),
        ("postgres://bob:s3cr3tPw9@db.internal/x", ["s3cr3tPw9"]),
    ],
)
def test_assigned_values_and_logins_are_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected
    assert pc.match_substring_regex(pa.array([text]), pattern=SUSPECTS)[0].as_py()


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE AKIAXXXXXXXXXXXXXXXX ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        'api_key = "your_api_key_goes_here_1234"; token = "${SECRET_TOKEN_VALUE_1}"',
        "password: correct-horse-battery, token=user_token_value_name, key = some.module.function_name",
        "public_key_path=/home/user/keys/key1.pem key: 2021-03-04T12:30:45.000 key=1234567890123456789",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg\n-----END PUBLIC KEY-----",
        "-----BEGIN RSA PRIVATE KEY----- and -----END RSA PRIVATE KEY----- mark its ends",
        "eyJub3QiOiJqd3Qi.eyJub3QiOiJqd3Qi.abcdefghijklmnop",
        "commit 5f4dcc3b5aa765d61d8327deb882cf99 sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "http://localhost:8080/a@b https://user@example.com/path the key: an old, long and winding story",
        "risk-management-and-compliance-frameworks-for-all task-runner",
    ],
)
def test_what_stands_for_a_secret_is_none(text: str) -> None:
    assert found(text) == []


def test_entropy_by_hand() -> None:
    # Four letters, a quarter each: -4 * 1/4 * log2(1/4) = 2 bits.
    assert entropy("abcdabcd") == 2.0
    assert entropy("aaaa") == 0.0
    # Sixteen hexadecimal digits once each: 4 bits, of letters and digits in turns.
    assert entropy("0a1b2c3d4e5f6789") == 4.0
    assert is_random("0a1b2c3d4e5f6789")
    assert not is_random("aaaaaaaa11111111")

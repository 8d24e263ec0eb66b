"""The readers of environment variables: what they give, and that a refusal says what would do."""

import os
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from csmetrics.env import (
    env_bool,
    env_choice,
    env_database,
    env_folder,
    env_int,
    env_list,
    env_path,
    env_url,
    secret_key,
)


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NAME", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


# -- Switches --


@pytest.mark.parametrize("text", ["1", "true", "YES", " on "])
def test_words_for_on_turn_a_switch_on(monkeypatch, text):
    monkeypatch.setenv("NAME", text)
    assert env_bool("NAME") is True


@pytest.mark.parametrize("text", ["0", "False", "no", "off", ""])
def test_words_for_off_turn_a_switch_off(monkeypatch, text):
    monkeypatch.setenv("NAME", text)
    assert env_bool("NAME", default=True) is False


def test_a_switch_that_is_not_set_keeps_its_default():
    assert env_bool("NAME") is False
    assert env_bool("NAME", default=True) is True


def test_a_word_that_is_neither_on_nor_off_is_refused(monkeypatch):
    monkeypatch.setenv("NAME", "maybe")
    with pytest.raises(ImproperlyConfigured) as error:
        env_bool("NAME")
    assert str(error.value) == "NAME is 'maybe'; expected one of 1, true, yes, on, 0, false, no, off."


# -- Choices --


@pytest.mark.parametrize(("text", "chosen"), [("json", "json"), (" JSON ", "json"), ("", "plain")])
def test_a_choice_is_one_of_a_few_words(monkeypatch, text, chosen):
    assert env_choice("NAME", "plain", ["plain", "json"]) == "plain"
    monkeypatch.setenv("NAME", text)
    assert env_choice("NAME", "plain", ["plain", "json"]) == chosen


def test_another_word_is_refused(monkeypatch):
    monkeypatch.setenv("NAME", "xml")
    with pytest.raises(ImproperlyConfigured) as error:
        env_choice("NAME", "plain", ["plain", "json"])
    assert str(error.value) == "NAME is 'xml'; expected one of plain, json."


# -- Numbers --


def test_a_number_is_read(monkeypatch):
    monkeypatch.setenv("NAME", " 42 ")
    assert env_int("NAME", 7) == 42


@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_number_that_is_not_set_keeps_its_default(monkeypatch, text):
    if text is not None:
        monkeypatch.setenv("NAME", text)
    assert env_int("NAME", 7) == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a year", "NAME is 'a year'; expected a whole number."),
        ("1.5", "NAME is '1.5'; expected a whole number."),
        ("-1", "NAME is -1; expected 0 or more."),
    ],
)
def test_what_is_no_fitting_number_is_refused(monkeypatch, text, message):
    monkeypatch.setenv("NAME", text)
    with pytest.raises(ImproperlyConfigured) as error:
        env_int("NAME", 7)
    assert str(error.value) == message


# -- Lists --


def test_words_are_parted_by_commas(monkeypatch):
    monkeypatch.setenv("NAME", "one.example, two.example,,")
    assert env_list("NAME") == ["one.example", "two.example"]


@pytest.mark.parametrize("text", [None, "", " , "])
def test_a_list_without_a_word_keeps_its_default(monkeypatch, text):
    """`ALLOWED_HOSTS=` must not turn away everybody."""
    if text is not None:
        monkeypatch.setenv("NAME", text)
    assert env_list("NAME", ["default"]) == ["default"]
    assert env_list("NAME") == []


# -- Addresses --


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://metrics.example.com/", "https://metrics.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("", ""),
    ],
)
def test_an_address_is_read_without_its_last_slash(monkeypatch, text, address):
    monkeypatch.setenv("NAME", text)
    assert env_url("NAME") == address


@pytest.mark.parametrize("text", ["metrics.example.com", "ftp://metrics.example.com", "https://", "https://a.b/c"])
def test_what_is_no_address_of_a_site_is_refused(monkeypatch, text):
    monkeypatch.setenv("NAME", text)
    with pytest.raises(ImproperlyConfigured) as error:
        env_url("NAME")
    shown = text.rstrip("/")
    assert str(error.value) == f"NAME is {shown!r}; expected an address like https://metrics.example.com."


# -- Folders --


def test_a_relative_path_counts_from_where_the_command_was_started(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAME", "some/where")
    assert env_path("NAME", Path("/default")) == tmp_path.resolve() / "some/where"


def test_a_path_may_start_at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NAME", "~/data")
    assert env_path("NAME", Path("/default")) == tmp_path.resolve() / "data"


def test_a_path_that_is_not_set_keeps_its_default(monkeypatch):
    monkeypatch.setenv("NAME", " ")
    assert env_path("NAME", Path("/default")) == Path("/default")


def test_a_folder_is_made_for_this_account_only(monkeypatch, tmp_path):
    monkeypatch.setenv("NAME", str(tmp_path / "a/b"))
    folder = env_folder("NAME", Path("/default"))
    assert folder.is_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_refused(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NAME", str(tmp_path / "file/data"))
    with pytest.raises(ImproperlyConfigured) as error:
        env_folder("NAME", Path("/default"))
    assert str(error.value) == (
        f"The folder {tmp_path / 'file/data'} cannot be made (Not a directory). Name another one in NAME."
    )


# -- Database --


@pytest.mark.parametrize("text", [None, "", " "])
def test_without_an_address_the_database_is_a_file(monkeypatch, text):
    """A path is taken as it stands: `#` and `%` mean nothing in it."""
    if text is not None:
        monkeypatch.setenv("NAME", text)
    assert env_database("NAME", Path("/data #1/50%/db")) == {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "/data #1/50%/db",
    }


def test_an_address_of_postgresql_is_read(monkeypatch):
    monkeypatch.setenv("NAME", "postgres://ann:s%2Fecret@db.example:5433/metrics")
    found = env_database("NAME", Path("/default"))
    expected = {
        "ENGINE": "django.db.backends.postgresql",
        "USER": "ann",
        "PASSWORD": "s/ecret",
        "HOST": "db.example",
        "PORT": 5433,
        "NAME": "metrics",
    }
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mysql://ann:secret@db/metrics", "NAME starts with 'mysql'; expected "),
        ("metrics.sqlite3", "NAME starts with 'metrics.sqlite3'; expected "),
        ("postgres://ann:secret@db:port/metrics", "NAME, which starts with 'postgres', cannot be read; expected "),
    ],
)
def test_an_address_of_no_known_database_is_refused_without_its_password(monkeypatch, text, message):
    monkeypatch.setenv("NAME", text)
    with pytest.raises(ImproperlyConfigured) as error:
        env_database("NAME", Path("/default"))
    assert str(error.value).startswith(
        message + "sqlite:////path/to/file or postgres://user:password@host:port/name"
    )
    assert "secret" not in str(error.value)


# -- Secret --


def test_a_secret_is_made_once_for_this_account_only_and_kept(tmp_path):
    secret = secret_key(tmp_path)
    assert len(secret) >= 80
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert secret_key(tmp_path) == secret


def test_two_sites_make_different_secrets(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert secret_key(tmp_path / "one") != secret_key(tmp_path / "two")


def test_a_secret_that_is_set_is_used_and_not_written_down(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    assert secret_key(tmp_path) == "x" * 50
    assert not list(tmp_path.iterdir())


def test_a_short_secret_is_refused_and_not_shown(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "y" * 49)
    with pytest.raises(ImproperlyConfigured) as error:
        secret_key(tmp_path)
    assert str(error.value) == (
        "SECRET_KEY has 49 characters; expected 50 or more. Leave it out to have one made."
    )


def test_a_short_secret_in_the_file_is_refused(tmp_path):
    """A full disk leaves an empty file behind."""
    (tmp_path / "secret-key").touch()
    with pytest.raises(ImproperlyConfigured) as error:
        secret_key(tmp_path)
    assert str(error.value) == (
        f"The secret in {tmp_path / 'secret-key'} has 0 characters; expected 50 or more. "
        "Delete the file to have one made."
    )


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_where_no_secret_can_be_kept_is_refused(monkeypatch, tmp_path, there):
    """Whether the secret cannot be written or, made by another account, cannot be read."""
    (tmp_path / "secret-key").write_text("z" * 86) if there else None

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse) if there else monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ImproperlyConfigured) as error:
        secret_key(tmp_path)
    assert str(error.value) == (
        f"No secret can be kept in {tmp_path} (Permission denied). Make the folder writable, "
        "name another one in DATA_DIR, or set SECRET_KEY."
    )

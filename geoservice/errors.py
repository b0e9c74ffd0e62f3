"""Every error of the program.

::

    GeoserviceError                500, exit 1
      BadInput                     422, exit 2   what a person gave is wrong
        BadRequest                 400, exit 2   a parameter of a request or a command
        BadDeclaration             500, exit 2   a file in layers/ is wrong
        BadSetting                 500, exit 2   a setting is wrong or insecure
        TooLarge                   413, exit 2   more than one may send
        TooSlow                    408, exit 2   it did not arrive in time
      Unauthorized                 401, exit 1   nobody has signed in, or not as who they say
      Forbidden                    403, exit 1   who asks may not do it, or not from there
      NotFound                     404, exit 2
      WrongMethod                  405, exit 2   what there is cannot be asked for in that way
      Conflict                     409, exit 1   the present state forbids it
        Changed                    412, exit 1   somebody else has changed it meanwhile
        NoVersion                  428, exit 1   a change has to name the version that it starts from
      TooMany                      429, exit 1   more requests than one may send
      Unavailable                  503, exit 1   the database or a tool is missing or down
        Deadline                   503, exit 1   the work took longer than it may

An error carries a stable code; its text stands under ``error.<code>`` and its remedy under
``remedy.<code>`` in web/locales.
"""

from __future__ import annotations

from geoservice.language import catalogue, current_language, translate


class GeoserviceError(Exception):
    """An error with a stable code and the values that its text names.

    Parameters
    ----------
    code
        Stable key, for example ``import.unknown-code``.
    values
        What the text and the remedy name: file, row, field, value ...
    """

    status = 500
    exit_code = 1

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    @property
    def message(self) -> str:
        """The text in the current language."""
        return translate(f"error.{self.code}", None, **self.values)

    @property
    def remedy(self) -> str | None:
        """What to do about it, in the current language, where a remedy is known."""
        key = f"remedy.{self.code}"
        if key not in catalogue(current_language.get()):
            return None
        return translate(key, None, **self.values)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}" if self.remedy else self.message


class BadInput(GeoserviceError):
    status = 422
    exit_code = 2


class BadRequest(BadInput):
    status = 400


class TooLarge(BadInput):
    status = 413


class WrongMedia(BadInput):
    status = 415


class TooSlow(BadInput):
    status = 408


class BadDeclaration(BadInput):
    status = 500


class BadSetting(BadInput):
    status = 500


class Unauthorized(GeoserviceError):
    status = 401


class Forbidden(GeoserviceError):
    status = 403


class NotFound(GeoserviceError):
    status = 404
    exit_code = 2


class WrongMethod(GeoserviceError):
    """Its value ``allow`` names the methods that are allowed."""

    status = 405
    exit_code = 2


class Conflict(GeoserviceError):
    status = 409


class Changed(Conflict):
    status = 412


class NoVersion(Conflict):
    status = 428


class TooMany(GeoserviceError):
    status = 429


class Unavailable(GeoserviceError):
    status = 503


class Deadline(Unavailable):
    pass

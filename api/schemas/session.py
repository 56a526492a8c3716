"""Signing in and out."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.accounts import Account


class SignInIn(BaseModel):
    """User name and password."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    username: Annotated[str, Field(min_length=1, max_length=40)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class SessionOut(BaseModel):
    """Who is signed in."""

    username: str
    role: str

    @classmethod
    def of(cls, account: Account) -> Self:
        """Return the account as it is sent."""
        return cls(username=account.username, role=account.role.value)

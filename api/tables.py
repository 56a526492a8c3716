"""Accounts of those who work with the system; applicants have none."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from spatial.db import Base


class UserAccountRow(Base):
    """One account; the password is kept as an argon2 hash alone."""

    __tablename__ = "user_account"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    sign_in_version: Mapped[int] = mapped_column(default=0)

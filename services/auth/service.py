"""Auth, put together."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

from services.auth.account_servicer import AccountServicer
from services.auth.accounts import Accounts
from services.auth.address_change import AddressChange
from services.auth.audit import Audit
from services.auth.breaches import Breaches
from services.auth.budgets import Budgets
from services.auth.credentials import Credentials
from services.auth.directory import Directory
from services.auth.failures import Failures
from services.auth.hashing import ADMITTED, Hashing
from services.auth.internal_servicer import AuthInternalServicer
from services.auth.mail_budgets import MailBudgets
from services.auth.mails import Mails
from services.auth.new_passwords import NewPasswords
from services.auth.openid.linking import Linking
from services.auth.openid.login import OpenIdLogin, openid_threads
from services.auth.openid.states import States
from services.auth.password_change import PasswordChange
from services.auth.password_login import PasswordLogins
from services.auth.password_reset import PasswordReset
from services.auth.personal import erase_person, export_person
from services.auth.phone_login import PhoneLogin
from services.auth.proofs import Proofs
from services.auth.registration import Registration
from services.auth.repository.past import purge
from services.auth.servicer import AuthServicer
from services.auth.sessions import Sessions
from services.auth.settings import AuthSettings
from services.auth.signing_keys import PURPOSE, SigningKeys
from services.auth.standing import Standing
from services.auth.text_messages import TextMessages
from services.auth.verifying import Verifying
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Service
from services.kit.process.service import Registration as Registered
from stellr.auth.v1.account_service_pb2_grpc import add_AccountServiceServicer_to_server
from stellr.auth.v1.auth_internal_service_pb2_grpc import add_AuthInternalServiceServicer_to_server
from stellr.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server

# They wait for argon2: in threads of their own.
HASHING = ("Register", "Login", "ConfirmRegistration", "ResetPassword")
# They wait for the provider, which may hang.
OPENID = ("GetGoogleLogin", "LoginWithGoogle")
AUTH_SERVICE = "stellr.auth.v1.AuthService"
# Counted from the start.
COUNTED = [
    ("registered", ""),
    *(("signed_in", method) for method in ("code", "link", "openid", "password", "phone")),
]


class Auth:
    """The parts of auth, each made when the first other one asks for it."""

    def __init__(self, runtime: Runtime) -> None:
        """ValueError, here or as the parts are made, names a setting that is wrong."""
        self._runtime = runtime
        self._database = runtime.database
        self.settings = runtime.settings_of(AuthSettings)
        self._hashing = Hashing(ADMITTED)
        self._mails = Mails(runtime)
        count = runtime.metrics.tallies(
            "account_events",
            "What happened to accounts, by how it is called in their audit trail.",
            ("event", "method"),
            known=COUNTED,
        )
        self._audit = Audit(runtime.database, count)
        self._budgets = Budgets(runtime.database, runtime.settings.limit)
        self._failures = Failures(self._budgets, self._audit)
        self._mail_budgets = MailBudgets(self._budgets)

    @cached_property
    def keys(self) -> SigningKeys:
        """What signs access tokens."""
        runtime = self._runtime
        sealer, issuer = runtime.sealer(PURPOSE), runtime.settings.public_url
        return SigningKeys(self._database, runtime.events, sealer, issuer)

    @cached_property
    def standing(self) -> Standing:
        """Whether accounts may do anything."""
        return Standing(
            self._database,
            events=self._runtime.events,
            accounts=self._accounts,
            sessions=self._sessions,
            mails=self._mails,
            audit=self._audit,
            erase_after=timedelta(days=self.settings.erase_after_days),
        )

    def servicers(self) -> list[Registered]:
        """All that auth serves."""
        hashing = self._hashing.callers
        return [
            Registered(
                add_AuthServiceServicer_to_server,
                self._public(),
                pools=dict.fromkeys(HASHING, hashing) | dict.fromkeys(OPENID, openid_threads()),
            ),
            Registered(
                add_AccountServiceServicer_to_server,
                self._account(),
                pools={"ChangePassword": hashing},
            ),
            Registered(add_AuthInternalServiceServicer_to_server, self._internal()),
        ]

    def _public(self) -> AuthServicer:
        return AuthServicer(
            registration=self._registration,
            proofs=self._proofs(),
            password_logins=self._password_logins(),
            password_reset=self._password_reset(),
            phone_login=self._phone_login,
            openid=self._openid(),
            sessions=self._sessions,
            keys=self.keys,
        )

    def _account(self) -> AccountServicer:
        return AccountServicer(
            sessions=self._sessions,
            credentials=self._credentials(),
            password_change=self._password_change(),
            standing=self.standing,
            directory=Directory(self._database, self._runtime.page_tokens),
        )

    def _internal(self) -> AuthInternalServicer:
        return AuthInternalServicer(
            self._database, standing=self.standing, changes=self._changes, keys=self.keys
        )

    @cached_property
    def _verifying(self) -> Verifying:
        signer = self._runtime.signer("code")
        return Verifying(self._database, signer, self._budgets, self._failures)

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(self._database, self._runtime.events, self._mails, self._audit)

    @cached_property
    def _new_passwords(self) -> NewPasswords:
        return NewPasswords(self._hashing, Breaches(self.settings.breached_passwords_url))

    @cached_property
    def _messages(self) -> TextMessages:
        return TextMessages(self._database, self._budgets, self._mails)

    @cached_property
    def _sessions(self) -> Sessions:
        return Sessions(
            self._database,
            events=self._runtime.events,
            keys=self.keys,
            refresh=self._runtime.signer("refresh-token"),
            audit=self._audit,
            failures=self._failures,
            mails=self._mails,
        )

    @cached_property
    def _registration(self) -> Registration:
        return Registration(
            self._database,
            verifying=self._verifying,
            accounts=self._accounts,
            mails=self._mails,
            budgets=self._budgets,
            mail_budgets=self._mail_budgets,
            hashing=self._hashing,
            new_passwords=self._new_passwords,
        )

    @cached_property
    def _phone_login(self) -> PhoneLogin:
        return PhoneLogin(
            self._database,
            verifying=self._verifying,
            accounts=self._accounts,
            messages=self._messages,
            countries=self.settings.countries,
        )

    @cached_property
    def _changes(self) -> AddressChange:
        return AddressChange(
            self._database,
            verifying=self._verifying,
            accounts=self._accounts,
            mails=self._mails,
            messages=self._messages,
            mail_budgets=self._mail_budgets,
            audit=self._audit,
            countries=self.settings.countries,
        )

    def _proofs(self) -> Proofs:
        return Proofs(
            self._verifying,
            self._registration,
            self._phone_login,
            self._changes,
            self._mail_budgets,
        )

    @cached_property
    def linking(self) -> Linking:
        """Whose account an identity of a provider is."""
        return Linking(self._database, self._accounts, self._mails, self._audit)

    def _openid(self) -> OpenIdLogin:
        return OpenIdLogin(
            self._database,
            self.settings.openid(self._runtime.settings.public_url),
            states=States(self._runtime.signer("openid-state")),
            linking=self.linking,
            failures=self._failures,
        )

    def _credentials(self) -> Credentials:
        return Credentials(
            self._database,
            accounts=self._accounts,
            sessions=self._sessions,
            mails=self._mails,
            audit=self._audit,
        )

    def _password_logins(self) -> PasswordLogins:
        return PasswordLogins(
            self._database,
            budgets=self._budgets,
            count=self._runtime.limit(AUTH_SERVICE, "login_account"),
            hashing=self._hashing,
            failures=self._failures,
        )

    def _password_reset(self) -> PasswordReset:
        return PasswordReset(
            self._database,
            verifying=self._verifying,
            new_passwords=self._new_passwords,
            sessions=self._sessions,
            mails=self._mails,
            mail_budgets=self._mail_budgets,
            audit=self._audit,
        )

    def _password_change(self) -> PasswordChange:
        return PasswordChange(
            self._database,
            new_passwords=self._new_passwords,
            hashing=self._hashing,
            sessions=self._sessions,
            mails=self._mails,
            budgets=self._budgets,
            audit=self._audit,
        )


def build(runtime: Runtime) -> Domain:
    """What auth consists of; ValueError names a setting that is wrong."""
    auth, database = Auth(runtime), runtime.database
    # Its own tokens auth checks by the keys at hand; the others ask it for them.
    runtime.access_keys.load_by(auth.keys.load_jwks)
    rotate = partial(auth.keys.rotate_if_due, auth.settings.token_key_days)
    return Domain(
        servicers=auth.servicers(),
        periodic=[
            Periodic("forget_the_past", 3600.0, partial(purge, database)),
            Periodic("erase_accounts", 60.0, auth.standing.erase_due),
            Periodic("rotate_signing_keys", 600.0, rotate),
            # A process that heard nothing of a new key finds it soon all the same.
            Periodic("load_signing_keys", 60.0, auth.keys.load, everywhere=True),
        ],
        personal=PersonalData.over(database, export_person, erase_person),
    )


SERVICE = Service(
    name="auth",
    build=build,
    calls=("notification",),
    migrations=str(Path(__file__).parent / "migrations"),
)

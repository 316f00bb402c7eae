"""Auth, put together."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from services.auth.account_servicer import AccountServicer
from services.auth.accounts import Accounts
from services.auth.address_change import AddressChange
from services.auth.audit import Audit
from services.auth.breaches import Breaches
from services.auth.budgets import Budgets
from services.auth.directory import Directory
from services.auth.hashing import ADMITTED, Hashing
from services.auth.internal_servicer import AuthInternalServicer
from services.auth.mails import Mails
from services.auth.new_passwords import NewPasswords
from services.auth.openid.linking import Linking
from services.auth.openid.login import OpenIdLogin
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
AUTH_SERVICE = "stellr.auth.v1.AuthService"


def build(runtime: Runtime) -> Domain:
    """What auth consists of; ValueError names a setting that is wrong."""
    settings = runtime.settings_of(AuthSettings)
    keys = SigningKeys(
        runtime.database, runtime.events, runtime.sealer(PURPOSE), runtime.settings.public_url
    )
    # Its own tokens auth checks by the keys at hand; the others ask it for them.
    runtime.access_keys.load_by(keys.load_jwks)
    database, hashing, mails = runtime.database, Hashing(ADMITTED), Mails(runtime)
    budgets = Budgets(database, runtime.settings.limit)
    verifying = Verifying(database, runtime.signer("code"), budgets)
    audit = Audit(database)
    new_passwords = NewPasswords(hashing, Breaches(settings.breached_passwords_url))
    makes = Accounts(database, runtime.events, mails, audit)
    registration = Registration(
        database,
        verifying=verifying,
        makes=makes,
        mails=mails,
        budgets=budgets,
        hashing=hashing,
        new_passwords=new_passwords,
    )
    sessions = Sessions(
        database,
        events=runtime.events,
        keys=keys,
        refresh=runtime.signer("refresh-token"),
        audit=audit,
        mails=mails,
    )
    messages, countries = TextMessages(budgets, mails), settings.countries
    phone_login = PhoneLogin(database, verifying, makes, messages, countries)
    changes = AddressChange(
        database,
        verifying=verifying,
        makes=makes,
        mails=mails,
        messages=messages,
        budgets=budgets,
        audit=audit,
        countries=countries,
    )
    proofs = Proofs(verifying, registration, phone_login, changes, budgets)
    openid = OpenIdLogin(
        database,
        settings.openid(runtime.settings.public_url),
        States(runtime.signer("openid-state")),
        Linking(database, makes, audit),
    )
    password_logins = PasswordLogins(
        database,
        budgets=budgets,
        count=runtime.limit(AUTH_SERVICE, "login_account"),
        hashing=hashing,
        audit=audit,
    )
    password_reset = PasswordReset(
        database,
        verifying=verifying,
        new_passwords=new_passwords,
        sessions=sessions,
        mails=mails,
        budgets=budgets,
        audit=audit,
    )
    password_change = PasswordChange(
        database,
        new_passwords=new_passwords,
        hashing=hashing,
        sessions=sessions,
        mails=mails,
        budgets=budgets,
        audit=audit,
    )
    standing = Standing(
        database,
        events=runtime.events,
        makes=makes,
        sessions=sessions,
        mails=mails,
        audit=audit,
        erase_after=timedelta(days=settings.erase_after_days),
    )
    public = AuthServicer(
        registration=registration,
        proofs=proofs,
        password_logins=password_logins,
        password_reset=password_reset,
        phone_login=phone_login,
        openid=openid,
        sessions=sessions,
        keys=keys,
    )
    return Domain(
        servicers=[
            Registered(
                add_AuthServiceServicer_to_server,
                public,
                pools=dict.fromkeys(HASHING, hashing.callers),
            ),
            Registered(
                add_AccountServiceServicer_to_server,
                AccountServicer(
                    sessions=sessions,
                    password_change=password_change,
                    standing=standing,
                    directory=Directory(database, runtime.page_tokens),
                ),
                pools={"ChangePassword": hashing.callers},
            ),
            Registered(
                add_AuthInternalServiceServicer_to_server,
                AuthInternalServicer(database, standing=standing, changes=changes, keys=keys),
            ),
        ],
        periodic=[
            Periodic("forget_the_past", 3600.0, partial(purge, database)),
            Periodic("erase_accounts", 60.0, standing.erase_due),
            Periodic(
                "rotate_signing_keys", 600.0, partial(keys.rotate_if_due, settings.token_key_days)
            ),
            # A process that heard nothing of a new key finds it soon all the same.
            Periodic("load_signing_keys", 60.0, keys.load, everywhere=True),
        ],
        personal=PersonalData.over(database, export_person, erase_person),
    )


SERVICE = Service(
    name="auth",
    build=build,
    calls=("notification",),
    migrations=str(Path(__file__).parent / "migrations"),
)

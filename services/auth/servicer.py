"""The RPCs of AuthService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc
from google.api.httpbody_pb2 import HttpBody

from services.auth.openid.login import OpenIdLogin, Proof
from services.auth.page import content_security_policy, reset_password_page, verify_email_page
from services.auth.password_login import PasswordLogins
from services.auth.password_reset import PasswordReset
from services.auth.phone_login import PhoneLogin
from services.auth.proofs import Proofs
from services.auth.registration import Applicant, Registration
from services.auth.sessions import Sessions
from services.auth.signing_keys import SigningKeys
from services.auth.views import jwks_message, signed_in_message, verification_message
from stellr.auth.v1 import auth_service_pb2 as pb
from stellr.auth.v1.auth_service_pb2_grpc import AuthServiceServicer
from stellr.auth.v1.keys_pb2 import Jwks
from stellr.auth.v1.sign_in_pb2 import SignedIn, Verification


class AuthServicer(AuthServiceServicer):
    """Signs people up, in and out."""

    def __init__(
        self,
        *,
        registration: Registration,
        proofs: Proofs,
        password_logins: PasswordLogins,
        password_reset: PasswordReset,
        phone_login: PhoneLogin,
        openid: OpenIdLogin,
        sessions: Sessions,
        keys: SigningKeys,
    ) -> None:
        self._registration = registration
        self._proofs = proofs
        self._password_logins = password_logins
        self._password_reset = password_reset
        self._phone_login = phone_login
        self._openid = openid
        self._sessions = sessions
        self._keys = keys

    def Register(self, request: pb.RegisterRequest, context: grpc.ServicerContext) -> Verification:
        """Register by e-mail."""
        applicant = Applicant(request.email, request.password, request.display_name, request.locale)
        return verification_message(self._registration.register(applicant))

    def VerifyEmail(
        self, request: pb.VerifyEmailRequest, context: grpc.ServicerContext
    ) -> SignedIn:
        """Take a code back and sign in."""
        account = self._proofs.email(UUID(request.verification_id), request.code)
        return signed_in_message(self._sessions.start(account, "code"))

    def GetVerifyEmailPage(
        self, request: pb.GetVerifyEmailPageRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """The page behind the link of the mail."""
        return _page(verify_email_page(request.token), context)

    def ResendEmailVerification(
        self, request: pb.ResendEmailVerificationRequest, context: grpc.ServicerContext
    ) -> Verification:
        """Send a new code."""
        return verification_message(self._proofs.resend_email(UUID(request.verification_id)))

    def StartPhoneLogin(
        self, request: pb.StartPhoneLoginRequest, context: grpc.ServicerContext
    ) -> Verification:
        """Send a code to a phone."""
        pending = self._phone_login.start(request.phone, request.display_name, request.locale)
        return verification_message(pending)

    def VerifyPhone(
        self, request: pb.VerifyPhoneRequest, context: grpc.ServicerContext
    ) -> SignedIn:
        """Take the code of an SMS back and sign in."""
        account = self._proofs.phone(UUID(request.verification_id), request.code)
        return signed_in_message(self._sessions.start(account, "phone"))

    def ResendPhoneVerification(
        self, request: pb.ResendPhoneVerificationRequest, context: grpc.ServicerContext
    ) -> Verification:
        """Send a new code by SMS."""
        return verification_message(self._phone_login.resend(UUID(request.verification_id)))

    def ConfirmRegistration(
        self, request: pb.ConfirmRegistrationRequest, context: grpc.ServicerContext
    ) -> SignedIn:
        """Confirm a registration by its link and a password."""
        if request.set_password:
            account = self._registration.confirm_anew(
                request.token, request.password, request.display_name
            )
        elif request.verification_id:
            verification_id = UUID(request.verification_id)
            account = self._registration.confirm_here(request.token, verification_id)
        else:
            account = self._registration.confirm(request.token, request.password)
        return signed_in_message(self._sessions.start(account, "link"))

    def ForgotPassword(
        self, request: pb.ForgotPasswordRequest, context: grpc.ServicerContext
    ) -> Verification:
        """Send a code for a new password."""
        return verification_message(self._password_reset.start(request.email))

    def GetResetPasswordPage(
        self, request: pb.GetResetPasswordPageRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """The page behind the link of the mail."""
        return _page(reset_password_page(request.token), context)

    def ResetPassword(
        self, request: pb.ResetPasswordRequest, context: grpc.ServicerContext
    ) -> SignedIn:
        """Set a new password and sign in."""
        if request.token:
            account = self._password_reset.by_link(request.token, request.new_password)
            return signed_in_message(self._sessions.start(account, "link"))
        account = self._password_reset.by_code(
            request.verification_id, request.code, request.new_password
        )
        return signed_in_message(self._sessions.start(account, "code"))

    def Login(self, request: pb.LoginRequest, context: grpc.ServicerContext) -> SignedIn:
        """Log in by e-mail and password."""
        account = self._password_logins.log_in(request.email, request.password)
        return signed_in_message(self._sessions.start(account, "password"))

    def GetGoogleLogin(
        self, request: pb.GetGoogleLoginRequest, context: grpc.ServicerContext
    ) -> pb.GoogleLogin:
        """Where a person signs in with the provider."""
        return pb.GoogleLogin(**self._openid.begin(request.redirect_uri)._asdict())

    def LoginWithGoogle(
        self, request: pb.LoginWithGoogleRequest, context: grpc.ServicerContext
    ) -> SignedIn:
        """Log in with what the provider gave."""
        proof = Proof(
            code=request.code,
            state=request.state,
            redirect_uri=request.redirect_uri,
            id_token=request.id_token,
            nonce=request.nonce,
        )
        return signed_in_message(self._sessions.start(self._openid.finish(proof), "openid"))

    def RefreshToken(
        self, request: pb.RefreshTokenRequest, context: grpc.ServicerContext
    ) -> SignedIn:
        """Rotate a refresh token."""
        return signed_in_message(self._sessions.refresh(request.refresh_token))

    def Logout(self, request: pb.LogoutRequest, context: grpc.ServicerContext) -> pb.LogoutResponse:
        """End the caller's session, or all of them."""
        self._sessions.end(request.everywhere)
        return pb.LogoutResponse()

    def GetJwks(self, request: pb.GetJwksRequest, context: grpc.ServicerContext) -> Jwks:
        """The public keys of the academy."""
        return jwks_message(self._keys.every_jwk())


def _page(page: HttpBody, context: grpc.ServicerContext) -> HttpBody:
    policy = content_security_policy()
    context.send_initial_metadata((("content-security-policy", policy),))
    return page

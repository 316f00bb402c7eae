"""The RPCs of MediaAuthoringService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.kit import call
from services.media.editing import Editing
from services.media.library import Library
from services.media.repository.authoring import OwnedMedium
from services.media.uploading import Uploading
from stellr.media.v1 import media_authoring_service_pb2 as pb
from stellr.media.v1 import media_service_pb2 as public
from stellr.media.v1.media_authoring_service_pb2_grpc import MediaAuthoringServiceServicer


class MediaAuthoringServicer(MediaAuthoringServiceServicer):
    """Lets authors give their lessons videos and PDFs."""

    def __init__(self, uploading: Uploading, editing: Editing, library: Library) -> None:
        self._uploading = uploading
        self._editing = editing
        self._library = library

    def CreateUpload(
        self, request: pb.CreateUploadRequest, context: grpc.ServicerContext
    ) -> pb.Upload:
        """An upload for a lesson."""
        return self._uploading.create(request, call.caller())

    def SendUpload(self, request: pb.SendUploadRequest, context: grpc.ServicerContext) -> pb.Upload:
        """The bytes of an upload in one message."""
        return self._uploading.send(request)

    def AttachPdf(self, request: pb.AttachPdfRequest, context: grpc.ServicerContext) -> public.Pdf:
        """Add a PDF to a lesson."""
        return self._shown(self._editing.attach_pdf(request, call.caller())).pdf

    def LinkVideo(
        self, request: pb.LinkVideoRequest, context: grpc.ServicerContext
    ) -> public.Video:
        """Add a video to a lesson."""
        return self._shown(self._editing.link_video(request, call.caller())).video

    def UpdateMedia(
        self, request: pb.UpdateMediaRequest, context: grpc.ServicerContext
    ) -> pb.Media:
        """Change a video or a PDF."""
        return self._shown(self._editing.update(request, call.caller()))

    def DeleteMedia(
        self, request: pb.DeleteMediaRequest, context: grpc.ServicerContext
    ) -> pb.DeleteMediaResponse:
        """Take a video or a PDF from its lesson."""
        self._editing.delete(request.media_id, call.caller())
        return pb.DeleteMediaResponse()

    def SetCaptions(
        self, request: pb.SetCaptionsRequest, context: grpc.ServicerContext
    ) -> pb.Media:
        """Give a video captions in a language."""
        return self._shown(self._editing.set_captions(request, call.caller()))

    def DeleteCaptions(
        self, request: pb.DeleteCaptionsRequest, context: grpc.ServicerContext
    ) -> pb.DeleteCaptionsResponse:
        """Take the captions in a language from a video."""
        self._editing.delete_captions(request.media_id, request.language, call.caller())
        return pb.DeleteCaptionsResponse()

    def _shown(self, medium: OwnedMedium) -> pb.Media:
        shown = pb.Media(
            media_id=str(medium.media_id),
            lesson_id=str(medium.lesson_id),
            position=medium.position,
        )
        found = self._library.shown(medium.lesson_id, medium.media_id)
        if isinstance(found, public.Video):
            shown.video.CopyFrom(found)
        else:
            shown.pdf.CopyFrom(found)
        return shown

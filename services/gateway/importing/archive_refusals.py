"""Why an archive is refused, of whatever kind it is."""

from services.gateway.importing.defects import BundleError, Defect

MAX_MEMBERS = 5_000
MAX_TOTAL_BYTES = 512 * 1024 * 1024
# Folders in each other; a course needs two.
MAX_DEPTH = 12
LONGEST_SHOWN = 200


def refusal(reason: str) -> BundleError:
    """The archive is refused."""
    return BundleError([Defect("archive", 1, reason)])


def too_many() -> BundleError:
    """It has more members than any course."""
    return refusal(f"the archive has more than {MAX_MEMBERS:,} members")


def too_large() -> BundleError:
    """It holds more than it says, or than any course."""
    return refusal(f"the archive holds more than {MAX_TOTAL_BYTES // 1024**2} MB")


def too_deep(name: str) -> BundleError:
    """It has more folders in each other than any course."""
    return refusal(f'"{name[:LONGEST_SHOWN]}" lies more than {MAX_DEPTH} folders deep')


def outside(name: str) -> BundleError:
    """A member would lie elsewhere on the disk."""
    return refusal(f'"{name[:LONGEST_SHOWN]}" would lie outside the bundle')


def neither(name: str) -> BundleError:
    """A member is a link, a device, or the like."""
    return refusal(f'"{name[:LONGEST_SHOWN]}" is neither a file nor a directory')

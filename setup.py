"""What building a wheel takes beside pyproject.toml: what is made of the contracts goes into it."""

import shutil
import sys
import tempfile
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

# Where a wheel is built, the project is not on the path.
sys.path.insert(0, str(Path(__file__).parent))

from edge import contracts

STUBS = ("stellr", "buf")


class BuildWithContracts(build_py):
    """Copies what is in the repository, and generates stubs, descriptor set and documentation."""

    def finalize_options(self) -> None:
        """Take every folder of the packages: templates and migrations are in some without code."""
        super().finalize_options()
        self.packages = find_namespace_packages(
            include=["edge*", "services*"], exclude=["*.__pycache__", "edge.node_modules*"]
        )

    def run(self) -> None:
        """Build all that a wheel holds; an editable one finds what `make build` generates."""
        if self.editable_mode:
            return
        # Whatever an earlier build left there would be in the wheel.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        with tempfile.TemporaryDirectory() as scratch:
            contracts.build(Path(scratch))
            contracts.publish(Path(scratch))
            for name in STUBS:
                shutil.copytree(Path(scratch, name), Path(self.build_lib, name))


setup(cmdclass={"build_py": BuildWithContracts})

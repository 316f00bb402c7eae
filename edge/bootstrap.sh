#!/bin/sh
# Makes the environment that Stellr runs in: `sh edge/bootstrap.sh FOLDER LOCK [PYTHON]`.
#
# FOLDER becomes a virtual environment with the packages of LOCK, made by PYTHON or else by the first
# that fits of those on the PATH. What is whole stays as it is; what was left half-made, was moved or
# is of another Python is made anew. What the machine lacks is said in one sentence, with status 1,
# before anything is changed.
set -eu

folder=$1 lock=$2 chosen=${3:-}
# Of the wheels of Envoy and PostgreSQL.
oldest_glibc=2.31
# Status 3: not one of these; 4: it cannot make environments, which is a package by itself in Debian.
fits='
import sys
known = (3, 11, 2) <= sys.version_info[:3] < (3, 15) and sys.implementation.name == "cpython"
if not known or "t" in sys.abiflags:
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
'

refuse() {
    echo "$1" >&2
    exit 1
}

has() { command -v "$1" > /dev/null 2>&1; }

# How to get a package by the machine's own means: its names in Debian and Ubuntu, and in Fedora.
how() {
    if has apt-get; then
        echo "sudo apt install $1"
    elif has dnf; then
        echo "sudo dnf install $2"
    else
        echo "see python.org/downloads"
    fi
}

version() { "$1" -I -c 'import platform; print(platform.python_version())' 2> /dev/null; }

check_platform() {
    elsewhere="run it in containers (docker compose up --wait)"
    case "$(uname -s) $(uname -m)" in
        "Linux x86_64" | "Linux aarch64") ;;
        Linux*) refuse "Stellr runs on x86_64 and aarch64, and this is $(uname -m)." ;;
        *) refuse "Stellr runs on Linux, and this is $(uname -s): $elsewhere or in a virtual machine." ;;
    esac
    glibc=$(getconf GNU_LIBC_VERSION 2> /dev/null) \
        || refuse "Stellr needs a Linux with glibc, which this one has not: $elsewhere."
    [ "${glibc#glibc 2.}" -ge "${oldest_glibc#2.}" ] \
        || refuse "Stellr needs glibc $oldest_glibc or later, and this is $glibc: $elsewhere."
}

place() { cd "$1" 2> /dev/null && pwd -P; }

# A Python of the environment itself cannot make it anew: a host may put it first on the PATH.
leave_path() {
    own=$(place "$folder/bin") || return 0
    left=''
    IFS=:
    for each in $PATH; do
        [ "$(place "$each")" = "$own" ] || left=$left:$each
    done
    unset IFS
    PATH=${left#:}
}

# Sets `python`.
find_python() {
    found='' incomplete=''
    if [ "$chosen" ]; then
        set -- "$chosen"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11
    fi
    for python in "$@"; do
        status=0
        "$python" -I -c "$fits" > /dev/null 2>&1 || status=$?
        case $status in
            0) return ;;
            3) found=${found:-"$python is $(version "$python")"} ;;
            4) incomplete=${incomplete:-$python} ;;
        esac
    done
    if [ "$incomplete" ]; then
        number=$(version "$incomplete" | cut -d . -f 1-2)
        refuse "Python's venv module is missing for $incomplete: $(how "python$number-venv" python3-libs)."
    fi
    refuse "Stellr needs CPython 3.11.2 to 3.14, and here ${found:-is none}: $(how 'python3 python3-venv' python3.13), or name one that you have by PYTHON=/path/to/python3."
}

# Says why the environment cannot stay, or nothing.
defect() {
    if ! "$folder/bin/python" -I -c "$fits
import pip" > /dev/null 2>&1; then
        echo "its Python does not run, or is another one"
    elif [ -e "$folder/.unfinished" ]; then
        echo "it was left half-made"
    elif [ "$chosen" ] && [ "$(version "$chosen")" != "$(version "$folder/bin/python")" ]; then
        echo "it is of another Python than $chosen"
    else
        # Its programs name the place where it was made.
        made=$(sed -n 's/^command = //p' "$folder/pyvenv.cfg")
        case $made in
            *" $(place "$folder")") ;;
            *) echo "it was moved" ;;
        esac
    fi
}

make_environment() {
    leave_path
    find_python
    if [ -e "$folder" ] || [ -L "$folder" ]; then
        echo "Stellr makes $folder anew: $1"
        rm -rf "$folder"
    fi
    echo "Stellr makes $folder with $python, Python $(version "$python")"
    mkdir "$folder"
    touch "$folder/.unfinished"
    "$python" -m venv "$folder"
}

install() {
    touch "$folder/.unfinished"
    "$folder/bin/python" -m edge.local.installing "$lock"
    # What was installed, to compare with.
    cp "$lock" "$folder/$(basename "$lock")"
    rm "$folder/.unfinished"
}

# Of two at once the second would remove what the first is making. The folder around it is locked: that
# leaves no file. Where it cannot be, as on some network disks, all goes as if nobody else were here.
wait_for_others() {
    exec 9< "$(dirname "$folder")"
    if ! flock -n 9; then
        echo "Another make installs into $folder; waiting for it"
        flock 9 || true
    fi
}

cd "$(dirname "$0")/.."
check_platform
if has flock; then
    wait_for_others
fi
why=$(defect)
if [ "$why" ]; then
    make_environment "$why"
fi
cmp -s "$lock" "$folder/$(basename "$lock")" || install

#!/bin/sh
# prepare.sh WHAT...   makes this checkout ready; says what it installs before it does; quick when nothing is missing.
#   demo      a virtual environment in .venv with qmonsh in it, and a QEMU
#   dev       the same without QEMU, plus the tools of pyproject.toml's group "dev"
#   test      demo and dev, and tmux for the tests in a terminal
#   versions  other QEMU versions, under .qemu or where $QMONSH_QEMUS says
#   reach     sshd, libvirtd, the guest agent and libvirt-python, for the tests of what qmonsh reaches; none is started
#   bench     the tools to compare with
#   fuzz      what guides fuzzing by coverage
# System packages go through this system's own package manager, as root or with sudo. $PYTHON names a Python to use,
# $QMONSH_QEMU a QEMU.
set -eu
cd "${0%/*}/.."

say() { printf 'prepare: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- system packages -------------------------------------------------------------------------------------------

# One row a package manager: its command to install, then the packages for python, qemu, qemu-img, tmux.
manager() {
  if has apt-get; then
    install='env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends'
    python_packages='python3 python3-venv' qemu_packages='qemu-system-x86' img_packages='qemu-utils'
  elif has dnf; then
    install='dnf -q -y install --setopt=install_weak_deps=False'
    python_packages='python3.11' qemu_packages='qemu-kvm' img_packages='qemu-img'
  elif has zypper; then
    install='zypper -q -n install --no-recommends'
    python_packages='python311' qemu_packages='qemu-x86' img_packages='qemu-tools'
  elif has pacman; then
    install='pacman -Sy --noconfirm --needed'
    python_packages='python' qemu_packages='qemu-system-x86' img_packages='qemu-img'
  elif has apk; then
    install='apk add -q'
    python_packages='python3' qemu_packages='qemu-system-x86_64' img_packages='qemu-img'
  elif has brew; then
    install='brew install -q'
    python_packages='python' qemu_packages='qemu' img_packages='qemu'
  else
    install=''
    python_packages='python3 (3.11 or newer)' qemu_packages='qemu-system-x86_64' img_packages='qemu-img'
  fi
}

# system_packages WHY PACKAGE...: install them, or say what a person has to do.
system_packages() {
  why=$1; shift
  shown=${install#env DEBIAN_FRONTEND=noninteractive }
  [ -n "$install" ] || { say "$why: no known package manager here; install by hand: $*"; return 1; }
  root=''
  if [ "$(id -u)" != 0 ] && ! has brew; then
    has sudo || { say "$why: neither root nor sudo here; ask an administrator for: $shown $*"; return 1; }
    root=sudo
  fi
  say "$why: installing system packages: $* (with: ${root:+$root }$shown)"
  if has apt-get; then
    # A fresh or old machine has no package lists, or outdated ones. What a third-party list fails with is not ours.
    $root apt-get -q -o DPkg::Lock::Timeout=120 update >/dev/null 2>&1 || say "apt-get update failed; trying with the lists at hand"
  fi
  log=$(mktemp)
  # shellcheck disable=SC2086  # a command with its options
  if $root $install "$@" >"$log" 2>&1 </dev/null; then rm -f "$log"; return 0; fi
  cat "$log" >&2
  rm -f "$log"
  say "installing failed (its reasons stand above): $*"
  return 1
}

# --- Python and the virtual environment ------------------------------------------------------------------------

new_enough() { has "$1" && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if new_enough "$python"; then return 0; fi
  done
  return 1
}

# Debian ships Python without ensurepip; a venv without it is a shell of a venv.
can_make_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

the_python() {
  find_python || {
    system_packages 'Python 3.11 or newer is missing' $python_packages || exit 1
    find_python || die 'this system has no Python 3.11 or newer; install one and name it: make demo PYTHON=/path/to/python3'
  }
  can_make_venv "$python" && return 0
  version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  if has apt-get; then venv_packages=$version-venv; else venv_packages=$python_packages; fi
  system_packages "$python cannot make virtual environments" "$venv_packages" || exit 1
  can_make_venv "$python" || die "$python still cannot make virtual environments (module ensurepip); name another: PYTHON=..."
}

# What .venv was made for. A moved checkout or a changed pyproject.toml makes another stamp.
stamp() { printf '%s\n' "$1" "$(pwd)"; cat pyproject.toml; }
is_stamped() { [ -x .venv/bin/python ] && [ -f ".venv/made-for-$1" ] && stamp "$1" | cmp -s - ".venv/made-for-$1"; }

pip_install() { .venv/bin/python -m pip --disable-pip-version-check --no-input install -q "$@" >&2 </dev/null; }

# Compiled once, as pip does for what it copies: where Python may not write beside its sources
# (PYTHONDONTWRITEBYTECODE, another user's checkout), each start would compile all of them again.
compile_sources() { .venv/bin/python -m compileall -q qmonsh >/dev/null 2>&1 || :; }

virtual_environment() {
  if is_stamped package && .venv/bin/python -c '' 2>/dev/null; then compile_sources; return 0; fi
  the_python
  if [ ! -e .venv/made-for-package ] || ! sed -n 2p .venv/made-for-package | grep -qxF "$(pwd)" ||
    ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "making .venv with $("$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')"
    "$python" -m venv --clear .venv
  fi
  say 'installing qmonsh and what it needs into .venv'
  pip_install --editable . || die 'pip could not install qmonsh (its reasons stand above)'
  stamp package > .venv/made-for-package
  compile_sources
}

# dependency_group NAME: pip learnt to read [dependency-groups] late, so we read them ourselves.
dependency_group() {
  is_stamped "$1" && return 0
  .venv/bin/python -c 'import sys, tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")' "$1" > .venv/requirements-"$1".txt
  say "installing into .venv: $(tr '\n' ' ' < .venv/requirements-"$1".txt)"
  pip_install -r .venv/requirements-"$1".txt || return 1
  stamp "$1" > ".venv/made-for-$1"
}

# --- QEMU --------------------------------------------------------------------------------------------------------

# The same places as qmonsh/launch.py looks in.
has_qemu() {
  for qemu in ${QMONSH_QEMU:-} qemu-system-x86_64 "qemu-system-$(uname -m)" qemu-kvm /usr/libexec/qemu-kvm; do
    if has "$qemu"; then return 0; fi
  done
  return 1
}

qemu() {
  missing=''
  has_qemu || missing=$qemu_packages
  has qemu-img || missing="$missing $img_packages"
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086  # a list of words
  system_packages 'QEMU is missing or incomplete' $missing || has_qemu || exit 1
  has_qemu || die 'no QEMU was found after installing; name one: QMONSH_QEMU=/path/to/qemu-system-x86_64'
}

tmux_for_tests() {
  has tmux || system_packages 'the tests in a terminal use tmux' tmux || say 'going on without tmux: those tests are skipped'
}

versions() {
  fetch=../shared/fetch-qemu.sh
  where=${QMONSH_QEMUS:-.qemu}
  for suite in bullseye trixie sid; do
    [ -x "$where/$suite/bin/qemu-system-x86_64" ] && continue
    if [ ! -f "$fetch" ]; then say "no QEMU of $suite in $where and no $fetch: its tests are skipped"; continue; fi
    say "fetching the QEMU of Debian $suite into $where/$suite (about 50 MB)"
    sh "$fetch" "$suite" "$where/$suite" >&2 </dev/null || say "fetching $suite failed: its tests are skipped"
  done
}

# One row a command: what it is called, the Debian package it is in. Tests of what cannot be had are skipped.
REACH='sshd:openssh-server ssh:openssh-client ssh-keygen:openssh-client nc:netcat-openbsd socat:socat setpriv:util-linux
libvirtd:libvirt-daemon libvirtd:libvirt-daemon-driver-qemu virsh:libvirt-clients
virt-qemu-qmp-proxy:libvirt-clients-qemu qemu-ga:qemu-guest-agent gcc:gcc gcc:libc6-dev pkg-config:pkg-config'

reach() {
  PATH="$PATH:/usr/sbin:/sbin"
  missing=''
  for row in $REACH; do has "${row%%:*}" || missing="$missing ${row#*:}"; done
  pkg-config --exists libvirt 2>/dev/null || missing="$missing libvirt-dev"
  python_h='import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
  .venv/bin/python -c "$python_h" || missing="$missing python3-dev"
  [ -z "$missing" ] || servers_of_tests "$missing"
  libvirt_python || say 'going on without libvirt-python: its tests are skipped'
  fleet_extra || say 'going on without asyncssh and ClusterShell: their tests are skipped'
}

# A test must not leave a listening sshd behind: Debian starts services on installation wherever systemd runs.
servers_of_tests() {
  if ! has apt-get; then say "tests of ssh and libvirt are skipped where these are missing (names of Debian):$1"; return 0; fi
  if [ -d /run/systemd/system ]; then
    say "not installing, as they would be started:$1; install them by hand to run the tests of ssh and libvirt"
    return 0
  fi
  # shellcheck disable=SC2086  # a list of words
  (install="env RUNLEVEL=1 ${install#env }"; system_packages 'the tests of ssh and libvirt use them' $1) ||
    say 'going on without them: those tests are skipped'
}

libvirt_python() {
  .venv/bin/python -c 'import libvirt_qemu' 2>/dev/null && return 0
  pkg-config --exists libvirt 2>/dev/null || return 1
  say 'building libvirt-python into .venv (the extra "libvirt")'
  pip_install --editable '.[libvirt]'
}

fleet_extra() {
  .venv/bin/python -c 'import asyncssh, ClusterShell' 2>/dev/null && return 0
  say 'installing asyncssh and ClusterShell into .venv (the extra "fleet")'
  pip_install --editable '.[fleet]'
}

manager
for what in "$@"; do
  case $what in
    demo) virtual_environment; qemu ;;
    dev) virtual_environment; dependency_group dev || die 'pip could not install the development tools' ;;
    test) virtual_environment; dependency_group dev || die 'pip could not install the development tools'; qemu; tmux_for_tests ;;
    versions) versions ;;
    reach) reach ;;
    bench) virtual_environment; dependency_group bench || say 'going on without the tools to compare with' ;;
    fuzz) virtual_environment; dependency_group fuzz || say 'going on without: those tests are skipped' ;;
    *) die "what is '$what'? (demo, dev, test, versions, reach, bench, fuzz)" ;;
  esac
done

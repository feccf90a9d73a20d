#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh [--check] PACKAGE...: installs the missing ones of these packages from Debian. If none is
# missing it changes nothing. With --check, or without dpkg, it installs nothing and prints one line
# that names what is missing.
set -euo pipefail

CC=${CC:-gcc} CLANG=${CLANG:-clang} PKG_CONFIG=${PKG_CONFIG:-pkg-config} STATIC=${STATIC--static}
readonly schema=/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema

die() {
	printf 'rootfence: %s\n' "$*" >&2
	exit 1
}

has() { command -v "$1" >/dev/null; }

# compiles HEADER OPTION...: links a program that does nothing. Succeeds without a compiler, so that
# only the compiler is reported as missing.
compiles() {
	has "${CC%% *}" || return 0
	# shellcheck disable=SC2086 # each is a list of options
	printf '#include <%s>\nint main(void) { return 0; }\n' "$1" | $CC ${CPPFLAGS-} ${LDFLAGS-} \
		-x c -o /dev/null - "${@:2}" 2>/dev/null
}

# library PC HEADER NAME: is the library there, a static one if STATIC is -static?
library() {
	local from
	name="headers and ${STATIC:+static }library of $1"
	has "$PKG_CONFIG" || return 0
	"$PKG_CONFIG" --exists "$1" 2>/dev/null || return 1
	from=$("$PKG_CONFIG" --variable=includedir "$1")
	# shellcheck disable=SC2046,SC2086 # each is a list of options
	compiles "$2" -I"$from" -I"$from/.." $STATIC $("$PKG_CONFIG" --libs-only-L "$1") "-l$3"
}

# provided PACKAGE: is the package's content there? Sets `name` to its name outside Debian.
provided() {
	name=$1
	case $1 in
	gcc) name="a C compiler ($CC)" && has "${CC%% *}" ;;
	pkgconf) name=pkg-config && has "$PKG_CONFIG" ;;
	clang) has "$CLANG" ;;
	llvm) name='llvm-strip (LLVM)' && has "${LLVM_STRIP:-llvm-strip}" ;;
	bpftool) name='bpftool (linux-tools or bpf)' && has "${BPFTOOL:-bpftool}" ;;
	libc6-dev) name='headers and static library of libc' && compiles stdio.h ${STATIC:+-static} ;;
	linux-libc-dev) name='headers of Linux' && compiles linux/bpf.h -c ;;
	libbpf-dev) library libbpf bpf/libbpf.h bpf ;;
	libelf-dev) library libelf gelf.h elf ;;
	libseccomp-dev) library libseccomp seccomp.h seccomp ;;
	libyajl-dev) library yajl yajl/yajl_gen.h "yajl${STATIC:+_s}" ;;
	zlib1g-dev) library zlib zlib.h z ;;
	libcmocka-dev) STATIC='' library cmocka stdio.h cmocka ;;
	libclang-rt-dev) name='sanitizers of clang' && CC=$CLANG compiles stdio.h -fsanitize=address ;;
	golang-github-opencontainers-specs-dev) name='JSON schema of OCI specs' && [[ -d $schema ]] ;;
	python3-jsonschema) name='jsonschema (python3)' && python3 -c 'import jsonschema' 2>/dev/null ;;
	busybox-static) has busybox ;;
	debian-archive-keyring) [[ -e /usr/share/keyrings/$1.gpg ]] ;;
	libcap2-bin) has setcap ;;
	procps) has ps ;;
	qemu-system-x86) has qemu-system-x86_64 ;;
	uidmap) has newuidmap ;;
	util-linux) has unshare ;;
	xz-utils) has xz ;;
	*) has "$1" ;;
	esac
}

check() {
	local package name names=() packages=()
	for package; do
		provided "$package" || { names+=("$name") && packages+=("$package"); }
	done
	[[ ${#packages[@]} -eq 0 ]] ||
		die "missing: $(printf '%s, ' "${names[@]}" | sed 's/, $//'); Debian has them in: ${packages[*]}"
}

installed() {
	dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p' | sort -u
}

missing() {
	comm -23 <(printf '%s\n' "$@" | sort -u) <(installed "$@")
}

# apt knows a package only after it has fetched its lists; a fresh image has none.
known() {
	apt-get install --simulate --no-install-recommends "$@" >/dev/null 2>&1
}

main() {
	local packages
	if [[ $1 == --check ]]; then
		check "${@:2}"
		return
	fi
	if ! has dpkg-query; then
		check "$@"
		return
	fi
	mapfile -t packages < <(missing "$@")
	[[ ${#packages[@]} -gt 0 ]] || return 0

	[[ $EUID -eq 0 ]] || die "as root: apt-get install --no-install-recommends ${packages[*]}"
	printf 'deps: installing %s\n' "${packages[*]}"
	export DEBIAN_FRONTEND=noninteractive
	known "${packages[@]}" || apt-get update -q
	# The server may have newer packages than the fetched lists: fetch them again, once.
	apt-get install -qq --no-install-recommends "${packages[@]}" ||
		{ apt-get update -q && apt-get install -qq --no-install-recommends "${packages[@]}"; }
}

main "$@"

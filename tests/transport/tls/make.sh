#!/bin/sh
# Makes the certificates of test_tls.py anew, in the folder of this script, with openssl. Test keys: worthless.
#
# client/ and server/ are directories as QEMU's tls-creds-x509 wants them. The certificates of the server are
# for localhost, 127.0.0.1 and ::1, but named.pem (vm.example.org); other-* are of another authority. They are
# valid from 2020 to 2099 whatever the clock says, the expired ones were until 2021.
set -eu
cd "$(dirname "$0")"
rm -rf client server ./*.pem ./*.tmp
mkdir client server
LONG=20990101000000Z
PAST=20210101000000Z

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

# sign CN KEY CERT END EXTENSIONS ARGUMENTS-OF-CA...
sign() {
    openssl req -new -key "$2" -subj "/CN=$1" -out csr.tmp
    cert=$3 end=$4
    printf '%b' "$5" > ext.tmp
    shift 5
    : > index.tmp
    rm -f index.tmp.*
    printf '%s\n' "[ca]" "default_ca=d" "[d]" "database=index.tmp" "new_certs_dir=." "rand_serial=yes" \
        "unique_subject=no" "default_md=sha256" "policy=p" "[p]" "commonName=supplied" > config.tmp
    openssl ca -batch -config config.tmp -notext -in csr.tmp -extfile ext.tmp -out "$cert" \
        -startdate 20200101000000Z -enddate "$end" "$@"
    find . -maxdepth 1 -name '[0-9A-F]*.pem' -delete
}

# authority CN NAME
authority() {
    key "$2-key.tmp"
    sign "$1" "$2-key.tmp" "$2-cert.pem" $LONG \
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n" \
        -selfsign -keyfile "$2-key.tmp"
}

# leaf CN USAGE ALTERNATIVE-NAMES AUTHORITY CERT KEY END
leaf() {
    [ -e "$6" ] || key "$6"
    sign "$1" "$6" "$5" "$7" \
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=$2\n\
subjectAltName=$3\nauthorityKeyIdentifier=keyid\n" \
        -cert "$4-cert.pem" -keyfile "$4-key.tmp"
}

HERE="DNS:localhost,IP:127.0.0.1,IP:::1"
authority "qmonsh test authority" ca
authority "another authority" other
leaf localhost serverAuth "$HERE" ca server/server-cert.pem server/server-key.pem $LONG
leaf operator clientAuth DNS:operator ca client/client-cert.pem client/client-key.pem $LONG
leaf vm.example.org serverAuth DNS:vm.example.org ca named.pem server/server-key.pem $LONG
leaf stranger clientAuth DNS:stranger other other-client-cert.pem other-client-key.pem $LONG
leaf localhost serverAuth "$HERE" ca expired.pem server/server-key.pem $PAST
leaf operator clientAuth DNS:operator ca expired-client-cert.pem client/client-key.pem $PAST
openssl pkcs8 -topk8 -in client/client-key.pem -passout pass:secret -out locked-key.pem
cp ca-cert.pem client/ca-cert.pem
cp ca-cert.pem server/ca-cert.pem
rm -f ./*.tmp ./*.tmp.*

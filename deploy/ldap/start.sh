#!/bin/sh
# Loads the people and the account that Tessera looks them up with, and becomes the server.
set -eu

mkdir -p /run/directory/data
chmod 700 /run/directory/data
{
  cat /etc/directory/people.ldif
  printf '\ndn: ou=services,dc=example,dc=org\nobjectClass: organizationalUnit\nou: services\n'
  printf '\ndn: uid=tessera,ou=services,dc=example,dc=org\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: tessera\n'
  printf 'userPassword: %s\n' "$(/usr/sbin/slappasswd -h '{SSHA}' -T /run/bind/password)"
} | /usr/sbin/slapadd -q -f /etc/ldap/slapd.conf

# `-d` keeps it in the foreground; 256 tells of connections and results. The unencrypted address is for the health check.
exec /usr/sbin/slapd -d 256 -f /etc/ldap/slapd.conf -h 'ldaps://0.0.0.0:1636 ldap://127.0.0.1:1389'

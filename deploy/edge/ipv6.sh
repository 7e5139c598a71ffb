#!/bin/sh
# Run by nginx's image before nginx, after the templates are rendered: a kernel without IPv6 has no [::] to listen on.
[ -e /proc/net/if_inet6 ] || rm -f /run/edge/ipv6*.conf

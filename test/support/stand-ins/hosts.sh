#!/bin/sh
# A group of hosts for the rolling driver: `hosts.sh GROUP list|drain|apply|attach|detach [HOST]`. The state of a host
# is two files under GROUP/hosts/HOST, `version` and `attached`; what every act did stands in GROUP/log with the hosts
# that served right after it. GROUP/fail/ACT-HOST makes an act fail: `exit`, `after` (done, then exit 1), `lie` (exit 0,
# and nothing done), `hang`, `vanish` (the host is gone), or `once MODE` for the first time only.
set -u
group=$1 act=$2 host=${3:-}
hosts=$group/hosts
version=${HEADGATE_VERSION-}

serving() { ls "$hosts"/*/attached 2>/dev/null | wc -l | tr -d ' '; }

list() {
  test ! -e "$group/fail/list" || { echo 'the API of the load balancer does not answer' >&2; exit 1; }
  first=1
  printf '['
  for each in "$hosts"/*/; do
    test -d "$each" || continue
    test "$first" = 1 || printf ', '
    first=0
    runs=null
    found=$(cat "$each/version")
    test -z "$found" || runs="\"$found\""
    is=false
    test ! -e "$each/attached" || is=true
    printf '{"host": "%s", "version": %s, "attached": %s}' "$(basename "$each")" "$runs" "$is"
  done
  printf ']\n'
}

do_it() {
  case $act in
    drain | detach) rm -f "$hosts/$host/attached" ;;
    apply) printf '%s\n' "$version" > "$hosts/$host/version.new" && mv "$hosts/$host/version.new" "$hosts/$host/version" ;;
    attach) : > "$hosts/$host/attached" ;;
  esac
}

if test "$act" = list; then list; exit 0; fi
test -d "$hosts/$host" || { echo "there is no host $host" >&2; exit 1; }
mode=
for name in "$act-$host-$version" "$act-$host"; do
  test -e "$group/fail/$name" || continue
  mode=$(cat "$group/fail/$name")
  case $mode in once\ *) mode=${mode#once } && rm -f "$group/fail/$name" ;; esac
  break
done
echo "begin $act $host ${version:-nothing} $(serving)" >> "$group/log"
case $mode in
  exit) echo "$act of $host failed" >&2; exit 1 ;;
  lie) exit 0 ;;
  hang) sleep 600 ;;
  vanish) rm -rf "${hosts:?}/$host"; exit 1 ;;
esac
# What the world does meanwhile, once: GROUP/meanwhile is a script.
if test -e "$group/meanwhile"; then mv "$group/meanwhile" "$group/meanwhile.done"; (cd "$group" && sh ./meanwhile.done); fi
do_it
echo "$act $host ${version:-nothing} $(serving)" >> "$group/log"
test "$mode" != after || exit 1

#!/usr/bin/env bash
# forget-stale-products.sh CORE CONFIGURATION: SwiftPM does not link again when only a static library changed, so products
# that are older than the core go.
set -euo pipefail

core=$1
for product in ".build/$2"/strongroom ".build/$2"/Boundary{ExampleC,ExampleSwift,Bench} ".build/$2"/*.xctest; do
    [[ -f $product && $core -nt $product ]] && rm -f "$product"
done
exit 0

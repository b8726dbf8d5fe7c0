// What the validator costs: `SchemaBench` prints CPU times, `SchemaBench allocations` how often an evaluation asks for memory, a
// line a case, and fails where it does. Only the optimised build means anything: without optimisation Swift allocates.

import Glibc

do {
    switch CommandLine.arguments.dropFirst().first {
    case "allocations": try reportAllocations()
    default: try reportTimes()
    }
} catch {
    print("SchemaBench: \(error)")
    exit(1)
}

#pragma once

namespace tidemark::tools {

/// What the program ends with; scripts rely on the numbers.
enum ExitCode : int {
    kExitOk = 0,
    kExitStatement = 1,   ///< A statement failed.
    kExitUsage = 2,       ///< The command line is wrong.
    kExitCannotOpen = 3,  ///< The store or the server cannot be had.
};

}  // namespace tidemark::tools

#pragma once

namespace tidemark::tools {

/// What the program ends with; scripts rely on the numbers.
using ExitCode = int;

inline constexpr ExitCode kExitOk = 0;
inline constexpr ExitCode kExitStatement = 1;   ///< A statement failed; something was refused.
inline constexpr ExitCode kExitUsage = 2;       ///< The command line is wrong.
inline constexpr ExitCode kExitCannotOpen = 3;  ///< The store, the server or a file cannot be had.
inline constexpr ExitCode kExitInterrupted = 130;  ///< By Ctrl-C, as shells say it.

}  // namespace tidemark::tools

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <tidemark/store.h>

#include "server/net/endpoint.h"
#include "tools/commands/commands.h"

namespace tidemark::tools {
namespace {

// The signals that end the server. They are blocked in every thread, so that sigwait() gets them.
sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

ExitCode report(ExitCode code, const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message().c_str());
    return code;
}

// Nothing is opened or made for a command line that cannot be served.
Status check_endpoints(const server::ServerOptions& options) {
    const std::pair<const char*, const std::string&> endpoints[] = {
        {"--line", options.line_endpoint}, {"--http", options.http_endpoint}};
    for (const auto& [option, endpoint] : endpoints) {
        if (endpoint.empty()) continue;
        const auto parsed = server::parse_loopback_endpoint(endpoint);
        if (!parsed) return Error(parsed.error()).within(option);
    }
    return success();
}

// What to do about a store that cannot be opened.
std::string advice(ErrorCode code) {
    switch (code) {
        case ErrorCode::Busy:
            return "; ask the server that has it, stop it, or serve another directory (--data)";
        case ErrorCode::IoError:
        case ErrorCode::NotFound:  // What /proc answers where nothing can be made.
            return "; --data needs a directory that you may write to, on a disk that can be "
                   "written";
        case ErrorCode::Corruption:
            return "; without --strict what verifies is served; `tidemark verify` lists the "
                   "damage, and a backup repairs it";
        default:
            return {};
    }
}

// Scripts wait for these lines, so they are out before anything else happens.
void announce(const server::Server& server) {
    if (const std::string address = server.line_address(); !address.empty()) {
        std::printf("listening line %s\n", address.c_str());
    }
    if (const std::string address = server.http_address(); !address.empty()) {
        std::printf("listening http %s\n", address.c_str());
    }
    std::fflush(stdout);
}

}  // namespace

ExitCode serve(const ServeOptions& options) {
    if (Status usable = check_endpoints(options.server); !usable) {
        return report(kExitUsage, usable.error());
    }
    // A log into a pipe that nobody reads any more is lost; the server is not.
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    StoreOptions store_options;
    store_options.refuse_damaged = options.is_strict;
    Result<std::unique_ptr<Store>> opened = Store::open(options.directory, store_options);
    if (!opened) {
        const Error error = std::move(opened).error();
        return report(kExitCannotOpen, Error(error.code(), error.message() + advice(error.code())));
    }
    Store& store = *opened.value();
    for (const std::string& message : store.recovery_messages()) {
        std::fprintf(stderr, "recovery: %s\n", message.c_str());
    }
    Result<std::unique_ptr<server::Server>> started = server::Server::start(store, options.server);
    if (!started) {
        const bool is_usage = started.error().code() == ErrorCode::InvalidArgument;
        return report(is_usage ? kExitUsage : kExitCannotOpen, std::move(started).error());
    }
    announce(*started.value());

    int signal = 0;
    sigwait(&signals, &signal);
    started.value()->stop();
    // Into segments now, so that the next start has no log to replay.
    if (Status flushed = store.flush(); !flushed) {
        std::fprintf(stderr, "flush: %s\n", flushed.error().message().c_str());
    }
    if (Status closed = store.close(); !closed) {
        return report(kExitCannotOpen,
                      std::move(closed).error().within("close " + options.directory));
    }
    return kExitOk;
}

}  // namespace tidemark::tools

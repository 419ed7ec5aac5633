#include "server/log.h"

#include <memory>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace tidemark::server {

spdlog::logger& log() {
    // Never destroyed: threads that end late may still log.
    static spdlog::logger& logger = *[] {
        auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        auto* made = new spdlog::logger("tidemark", std::move(sink));
        made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
            "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
        return made;
    }();
    return logger;
}

}  // namespace tidemark::server

#include "tools/render/renderer.h"

#include <algorithm>
#include <array>

#include "server/format/query_csv.h"
#include "server/format/query_json.h"

namespace tidemark::tools {
namespace {

constexpr std::array kRenderers = {
    Renderer{"table", "aligned columns, for people", render_table},
    Renderer{"csv", "InfluxDB's CSV, for spreadsheets", render_csv},
    Renderer{"json", "InfluxDB's JSON, as over HTTP", render_json},
};

}  // namespace

std::span<const Renderer> renderers() { return kRenderers; }

const Renderer* find_renderer(std::string_view name) {
    const auto found = std::ranges::find(kRenderers, name, &Renderer::name);
    return found == kRenderers.end() ? nullptr : &*found;
}

std::string renderer_names() {
    std::string names;
    for (const Renderer& renderer : kRenderers) {
        if (!names.empty()) names += ", ";
        names += renderer.name;
    }
    return names;
}

std::string render_csv(const QueryResult& result) {
    return server::query_csv(result, {.epoch = std::nullopt, .shows_errors = false});
}

std::string render_json(const QueryResult& result) {
    return server::query_json(result, std::nullopt, false);
}

}  // namespace tidemark::tools

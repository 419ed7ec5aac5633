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
    Renderer{"jsonl", "a JSON object per row, for jq", render_jsonl},
    Renderer{"markdown", "tables for documents", render_markdown},
    Renderer{"line", "a line per value, for wide rows", render_lines},
    Renderer{"chart", "line charts and state bars", render_chart},
};

}  // namespace

const ColumnTraits* RenderContext::find(std::size_t statement, std::string_view column) const {
    if (statement >= traits.size()) return nullptr;
    const auto found = std::ranges::find(traits[statement], column, &ColumnTraits::column);
    return found == traits[statement].end() ? nullptr : &*found;
}

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

std::string render_csv(const QueryResult& result, const RenderContext&) {
    return server::query_csv(result, {.epoch = std::nullopt, .shows_errors = false});
}

std::string render_json(const QueryResult& result, const RenderContext&) {
    return server::query_json(result, std::nullopt, false);
}

}  // namespace tidemark::tools

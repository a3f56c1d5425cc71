package manual

import (
	"bytes"
	"html/template"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// marks reads the pages: tables, and an id on each heading. Cells are aligned by an
// attribute, since the policy forbids styles in the text. Raw HTML is left out.
var marks = goldmark.New(
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Linkify),
)

// heading is one section of a page.
type heading struct {
	ID, Title string
}

// article is a page's text as HTML.
type article struct {
	title    string
	headings []heading // of the second level
	html     template.HTML
}

// render makes an article of Markdown. Links to other files are relative to dir,
// a folder of docs.
func render(source []byte, dir string) (article, error) {
	tree := marks.Parser().Parse(text.NewReader(source))
	var a article
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Heading:
			if entering {
				a.note(n, source)
			}
		case *ast.Link:
			if entering {
				n.Destination = []byte(target(string(n.Destination), dir))
			}
		}
		return ast.WalkContinue, nil
	})
	var b bytes.Buffer
	if err := marks.Renderer().Render(&b, source, tree); err != nil {
		return article{}, err
	}
	a.html = template.HTML(reachable.Replace(b.String())) //nolint:gosec // made by goldmark of our own files, raw HTML left out
	return a, nil
}

func (a *article) note(n *ast.Heading, source []byte) {
	title := plain(n, source)
	switch n.Level {
	case 1:
		if a.title == "" {
			a.title = title
		}
	case 2:
		id, _ := n.AttributeString("id")
		name, _ := id.([]byte)
		a.headings = append(a.headings, heading{string(name), title})
	}
}

// plain is the words of a node without their marks.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// reachable lets what may be wider than the screen be scrolled by keyboard too. In
// an article no other text looks like these: in a text < is escaped.
var reachable = strings.NewReplacer(
	"<pre>", `<pre tabindex="0">`,
	"<table>", `<div class="wide" role="group" aria-label="Table" tabindex="0"><table>`, "</table>", "</table></div>",
)

// target is where a link of a file in dir leads on the site: another file of docs is
// its page, all else stays.
func target(link, dir string) string {
	file, anchor, marked := strings.Cut(link, "#")
	if strings.Contains(link, ":") || strings.HasPrefix(link, "/") || file == "" {
		return link
	}
	to := Root + "/" + strings.TrimSuffix(path.Join(dir, file), ".md")
	if marked {
		to += "#" + anchor
	}
	return to
}

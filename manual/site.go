package manual

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/brama-pay/brama/docs"
)

//go:embed templates
var templates embed.FS

// missing names the page that is shown in place of one that is not there.
const missing = "/missing"

// site is every page, by its path.
type site struct {
	pages map[string]*page
	nav   []section
}

// page is one page, made when all are known.
type page struct {
	Path     string
	Title    string
	Kind     string // which template shows it
	Headings []heading
	Content  any

	html []byte
}

// section is a part of the navigation.
type section struct {
	Title string
	Links []link
}

type link struct {
	Path, Title string
}

// guides are the pages of the folder by section. What is not named here stands in
// the last one, so that no page can be forgotten.
var guides = []struct {
	title string
	names []string
}{
	{"Guides", []string{"signing", "callbacks", "sandbox", "payparts"}},
	{"For operators", []string{"operations", "console", "scaling", "performance", "provider"}},
	{"How it works", []string{"design", "ledger", "states", "divergences", "proof"}},
}

// make reads the files and makes every page.
func (m *manual) make() (*site, error) {
	s := &site{pages: map[string]*page{}}
	d, err := readDescription(docs.Files)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", descriptionFile, err)
	}
	names, err := fs.Glob(docs.Files, "*.md")
	if err != nil {
		return nil, err
	}
	if err := s.addGuides(names, 0, 1); err != nil {
		return nil, err
	}
	if err := s.addReference(d, m.url); err != nil {
		return nil, err
	}
	if err := s.addGuides(names, 1, len(guides)); err != nil {
		return nil, err
	}
	if err := s.addDecisions(); err != nil {
		return nil, err
	}
	s.add(&page{Path: Root, Title: "Documentation", Kind: "home", Content: s.nav})
	s.add(&page{Path: missing, Title: "There is no such page", Kind: "missing"})
	return s, s.write(m)
}

func (s *site) add(p *page) { s.pages[p.Path] = p }

// addGuides adds the sections from one to another of guides.
func (s *site) addGuides(names []string, from, to int) error {
	for i := from; i < to; i++ {
		list := section{Title: guides[i].title}
		for _, name := range guides[i].names {
			if err := s.addFile(&list, name+".md"); err != nil {
				return err
			}
		}
		if i == len(guides)-1 {
			for _, name := range names {
				if s.pages[Root+"/"+strings.TrimSuffix(name, ".md")] != nil {
					continue
				}
				if err := s.addFile(&list, name); err != nil {
					return err
				}
			}
		}
		s.nav = append(s.nav, list)
	}
	return nil
}

// addFile makes a page of a Markdown file.
func (s *site) addFile(to *section, name string) error {
	text, err := fs.ReadFile(docs.Files, name)
	if err != nil {
		return err
	}
	a, err := render(text, path.Dir(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p := &page{Path: Root + "/" + strings.TrimSuffix(name, ".md"), Title: a.title, Kind: "article", Headings: a.headings, Content: a.html}
	s.add(p)
	to.Links = append(to.Links, link{p.Path, p.Title})
	return nil
}

func (s *site) addDecisions() error {
	names, err := fs.Glob(docs.Files, "decisions/*.md")
	if err != nil {
		return err
	}
	slices.Sort(names)
	var list section
	for _, name := range names {
		if err := s.addFile(&list, name); err != nil {
			return err
		}
	}
	p := &page{Path: Root + "/decisions", Title: "Decisions", Kind: "list", Content: list.Links}
	s.add(p)
	end := &s.nav[len(s.nav)-1]
	end.Links = append(end.Links, link{p.Path, p.Title})
	return nil
}

// write makes the HTML of every page.
func (s *site) write(m *manual) error {
	all, err := template.New("").Funcs(template.FuncMap{"markdown": markdown, "inline": inline}).ParseFS(templates, "templates/*.html")
	if err != nil {
		return err
	}
	for _, p := range s.pages {
		var b bytes.Buffer
		if err := all.ExecuteTemplate(&b, p.Kind, map[string]any{"Page": p, "Nav": s.nav, "Demo": m.url != ""}); err != nil {
			return fmt.Errorf("%s: %w", p.Path, err)
		}
		p.html = m.addressed(b.Bytes())
	}
	return nil
}

// markdown is a text of the description as HTML.
func markdown(text string) (template.HTML, error) {
	a, err := render([]byte(text), "")
	return a.html, err
}

// inline is the same for one line inside of a table.
func inline(text string) (template.HTML, error) {
	html, err := markdown(text)
	line := strings.TrimSpace(string(html))
	line = strings.TrimSuffix(strings.TrimPrefix(line, "<p>"), "</p>")
	return template.HTML(line), err //nolint:gosec // what render made, less its paragraph
}

package docs_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aspyx-go/aspyx/environment"
)

// Store is where documents are kept.
type Store interface {
	Put(document string) string
}

// Disk is a Store.
type Disk struct{ Name string }

// Put puts a document on the disk.
func (d *Disk) Put(document string) string { return document + " is on the " + d.Name }

// Cloud is another Store.
type Cloud struct{}

// Put puts a document into the cloud.
func (*Cloud) Put(document string) string { return document + " is in the cloud" }

// NewDisk makes the disk of daily use.
func NewDisk() *Disk { return &Disk{"disk"} }

// NewArchive makes the disk that is for old documents.
func NewArchive() *Disk { return &Disk{"archive"} }

// NewCloud makes the other Store.
func NewCloud() *Cloud { return &Cloud{} }

// shutdown ends an example.
func shutdown(env *environment.Environment) {
	if err := env.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
}

// Documents has two components of one type.
type Documents struct {
	Disk    *Disk `inject:""` // the one without a name
	Archive *Disk `inject:"name=archive"`
}

func Example_named() {
	env := environment.New(environment.Module("documents",
		environment.Provide(NewDisk),
		environment.Provide(NewArchive, environment.Named("archive")),
		environment.Register[Documents](),
	))
	defer shutdown(env)
	documents := environment.Get[*Documents](env)
	fmt.Println(documents.Disk.Put("the letter"))
	fmt.Println(documents.Archive.Put("the bill"))
	archive, err := environment.FindNamed[*Disk](env, "archive")
	fmt.Println(archive == documents.Archive, err)
	// Output:
	// the letter is on the disk
	// the bill is on the archive
	// true <nil>
}

func Example_primary() {
	env := environment.New(environment.Module("stores",
		environment.Provide(NewDisk),
		environment.Provide(NewCloud, environment.Primary()),
	))
	defer shutdown(env)
	fmt.Println(environment.Get[Store](env).Put("the letter"))
	// Output:
	// the letter is in the cloud
}

func Example_as() {
	env := environment.New(environment.Module("stores",
		environment.Provide(NewDisk, environment.As[Store]()),
		environment.Provide(NewCloud),
	))
	defer shutdown(env)
	fmt.Println(environment.Get[Store](env).Put("the letter"))
	// Output:
	// the letter is on the disk
}

// Scanner reads paper.
type Scanner interface{ Scan() string }

// Copier works without a Scanner, too.
type Copier struct {
	Scanner Scanner                     `inject:"optional"`
	Store   environment.Optional[Store] `inject:""`
}

func Example_optional() {
	env := environment.New(environment.Module("copier",
		environment.Provide(NewDisk),
		environment.Register[Copier](),
	))
	defer shutdown(env)
	copier := environment.Get[*Copier](env)
	fmt.Println(copier.Scanner == nil)
	if copier.Store.OK {
		fmt.Println(copier.Store.Value.Put("the copy"))
	}
	// Output:
	// true
	// the copy is on the disk
}

// Backup writes everywhere.
type Backup struct {
	Stores []Store          `inject:""`
	ByName map[string]Store `inject:""`
}

func Example_listsAndMaps() {
	env := environment.New(environment.Module("backup",
		environment.Provide(NewDisk, environment.Order(2)),
		environment.Provide(NewArchive, environment.Named("archive"), environment.Order(3)),
		environment.Provide(NewCloud, environment.Order(1)),
		environment.Register[Backup](),
	))
	defer shutdown(env)
	backup := environment.Get[*Backup](env)
	for _, store := range backup.Stores {
		fmt.Println(store.Put("the letter"))
	}
	fmt.Println(slices.Sorted(maps.Keys(backup.ByName)))
	// Output:
	// the letter is in the cloud
	// the letter is on the disk
	// the letter is on the archive
	// [Cloud Disk archive]
}

// IndexParams are the parameters of NewIndex.
type IndexParams struct {
	environment.Params
	Store   Store
	Scanner environment.Optional[Scanner]
	Archive *Disk `inject:"name=archive"`
	Pages   int   `value:"index.pages,default=10"`
}

// Index knows all documents.
type Index struct{ params IndexParams }

// NewIndex has one parameter, however many there are to come.
func NewIndex(p IndexParams) *Index { return &Index{p} }

func Example_params() {
	env := environment.New(environment.Module("index",
		environment.Provide(NewDisk),
		environment.Provide(NewArchive, environment.Named("archive")),
		environment.Provide(NewIndex),
	))
	defer shutdown(env)
	p := environment.Get[*Index](env).params
	fmt.Println(p.Archive.Put("the index"), p.Scanner.OK, p.Pages)
	// Output:
	// the index is on the archive false 10
}

// Account knows how to make its Cloud.
type Account struct{ Region string }

// Bucket is a part of a Cloud.
type Bucket struct{ Region string }

// NewBucket makes a Bucket of the account's.
func (a *Account) NewBucket() *Bucket { return &Bucket{a.Region} }

func Example_methodExpression() {
	env := environment.New(environment.Module("account",
		environment.Supply(&Account{Region: "north"}),
		environment.Provide((*Account).NewBucket),
	))
	defer shutdown(env)
	fmt.Println(environment.Get[*Bucket](env).Region)
	// Output:
	// north
}

// Letters keeps its disk to itself.
type Letters struct {
	Disk *Disk `inject:""`
}

// LettersModule has a component that other modules can't ask for.
var LettersModule = environment.Module("letters",
	environment.Provide(NewDisk, environment.Private()),
	environment.Register[Letters](),
)

func Example_private() {
	env := environment.New(environment.Module("office", LettersModule))
	defer shutdown(env)
	fmt.Println(environment.Get[*Letters](env).Disk.Put("the letter"))
	_, err := environment.Find[*Disk](env)
	fmt.Println(err)
	// Output:
	// the letter is on the disk
	// get *docs_test.Disk from environment "office": there is none
	//   hint: *docs_test.Disk (docs/components_example_test.go:198) is private to module "letters": ask for it there, or remove environment.Private()
}

// Author needs the Book.
type Author struct {
	Book environment.Lazy[*Book] `inject:""`
}

// Book needs the Author.
type Book struct {
	Author *Author `inject:""`
}

func Example_lazy() {
	env := environment.New(environment.Module("library",
		environment.Register[Author](),
		environment.Register[Book](),
	))
	defer shutdown(env)
	author := environment.Get[*Author](env)
	book, err := author.Book.Get()
	fmt.Println(book.Author == author, err)
	// Output:
	// true <nil>
}

// The cycle without Lazy.
type (
	// Chicken needs the Egg.
	Chicken struct {
		Egg *Egg `inject:""`
	}

	// Egg needs the Chicken.
	Egg struct {
		Chicken *Chicken `inject:""`
	}
)

func Example_cycle() {
	err := environment.Validate(environment.Module("farm",
		environment.Register[Chicken](),
		environment.Register[Egg](),
	))
	fmt.Println(errors.Is(err, environment.ErrCycle))
	fmt.Println(err)
	// Output:
	// true
	// environment: 1 problem in module "farm"
	//   cycle *docs_test.Chicken -> *docs_test.Egg -> *docs_test.Chicken
	//     *docs_test.Chicken  docs/components_example_test.go:252
	//     *docs_test.Egg      docs/components_example_test.go:253
	//     <- module "farm"    docs/components_example_test.go:251
	//     hint: move what both sides need into a component of its own, or have one side take environment.Lazy[*docs_test.Chicken], which is looked up when it is used
}

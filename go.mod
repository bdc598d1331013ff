module github.com/aspyx-go/aspyx

go 1.26

require (
	github.com/Azure/go-amqp v1.7.0
	github.com/goccy/go-json v0.12.0
	github.com/stretchr/testify v1.12.1
)

require go.yaml.in/yaml/v3 v3.0.5

package mapping

func ifHelper(_ *evaluation, this any, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fault("#if requires exactly one argument")
	}
	return choose(args[1], condition(args), this)
}

func unless(_ *evaluation, this any, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fault("#unless requires exactly one argument")
	}
	yes := condition(args)
	if o := args[1].(*options); !o.block {
		return choose(o, yes, this) // "if" is called with the sides exchanged, and speaks of its own
	}
	return choose(args[1], !yes, this)
}

func condition(args []any) bool {
	o, _ := args[1].(*options)
	if !truthy(o.hash["includeZero"]) && !truthy(args[0]) {
		return false
	}
	return !isEmpty(args[0])
}

func with(_ *evaluation, this any, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fault("#with requires exactly one argument")
	}
	o := args[1].(*options)
	switch {
	case isEmpty(args[0]):
		return choose(o, false, this)
	case !o.block:
		return nil, fault("fn is not a function")
	}
	return o.fn(args[0], o.data, []any{args[0]})
}

func eachHelper(e *evaluation, this any, args []any) (any, error) { return e.each(this, args) }

// each walks a list or the members of an object.
func (e *evaluation) each(this any, args []any) (any, error) {
	if !truthy(arg(args, 1)) {
		return nil, fault("Must pass iterator to #each")
	}
	o, ok := args[1].(*options)
	block := ok && o.block
	n, at := 0, func(int) (any, any) { return nil, nil }
	switch v := args[0].(type) {
	case *list:
		n, at = len(v.items), func(i int) (any, any) { return float64(i), v.items[i] }
	case *object:
		n, at = len(v.keys), func(i int) (any, any) { return v.keys[i], v.members[v.keys[i]] }
	}
	switch {
	case n == 0 && !block:
		return nil, fault("inverse is not a function")
	case n == 0:
		return o.inverse(this, nil, nil)
	case !block:
		return nil, fault("fn is not a function")
	}
	d := &data{values: make(map[string]any, len(o.data.values)+4), up: o.data}
	for k, v := range o.data.values {
		d.values[k] = v
	}
	out := sum{e: e}
	_ = out.add("") // the first addend cannot go wrong
	for i := range n {
		key, item := at(i)
		d.values["key"], d.values["index"], d.values["first"], d.values["last"] = key, float64(i), i == 0, i == n-1
		v, err := o.fn(item, d, []any{item, key})
		if err != nil {
			return nil, err
		}
		if err := out.add(v); err != nil {
			return nil, err
		}
	}
	return out.value(), nil
}

func lookup(_ *evaluation, _ any, args []any) (any, error) {
	if !truthy(args[0]) {
		return args[0], nil
	}
	if absent(arg(args, 2)) {
		text, _ := toText(arg(args, 2))
		return nil, fault("Cannot read properties of %s (reading 'lookupProperty')", text)
	}
	if _, ok := args[2].(*options); !ok {
		return nil, fault("options.lookupProperty is not a function")
	}
	name, err := toText(args[1])
	if err != nil {
		return nil, err
	}
	return member(args[0], name), nil
}

// log writes to the product's log and gives nothing.
func log(*evaluation, any, []any) (any, error) { return undefined{}, nil }
